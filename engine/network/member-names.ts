import type { DnsNames } from "./dns/answer.ts";
import type { NetworkMember, Network } from "./network.ts";
import { isPredefined } from "./network-registry.ts";

/** A member with what it is called. */
export interface NamedMember extends NetworkMember {
  readonly network: Network;
  /** As they are now; the first is the one its address answers to. */
  readonly dnsNames: () => readonly string[];
}

/**
 * What one container knows by name: whoever shares a user-defined network with it, by name, alias and id, with or without the network's
 * name behind (`web`, `web.net1`); and its own names for containers it is linked to.
 */
export function namesKnownTo(
  containerId: string,
  members: readonly NamedMember[],
  links: Readonly<Record<string, string>>,
): DnsNames {
  const networks = members
    .filter((member) => member.containerId === containerId && !isPredefined(member.network))
    .map(({ network }) => network);
  const onNetwork = (network: Network): readonly NamedMember[] =>
    members.filter((member) => member.network.id === network.id);
  const find = (name: string, among: readonly Network[]): readonly string[] | undefined => {
    for (const network of among) {
      const found = onNetwork(network).filter(({ dnsNames }) => dnsNames().some((own) => own.toLowerCase() === name));
      if (found.length > 0) return found.flatMap(({ endpoint }) => addressesOf(endpoint));
    }
    return undefined;
  };
  return {
    addresses(asked) {
      const name = (links[asked] ?? asked).toLowerCase();
      const dot = name.lastIndexOf(".");
      return (
        find(name, networks) ??
        (dot < 0
          ? undefined
          : find(
              name.slice(0, dot),
              networks.filter((network) => network.name.toLowerCase() === name.slice(dot + 1)),
            ))
      );
    },
    nameOf(address) {
      for (const network of networks) {
        const owner = onNetwork(network).find(({ endpoint }) => addressesOf(endpoint).includes(address));
        if (owner !== undefined) return `${owner.dnsNames()[0] ?? owner.containerName}.${network.name}`;
      }
      return undefined;
    },
  };
}

function addressesOf({ ipAddress, ipv6Address = "" }: NetworkMember["endpoint"]): readonly string[] {
  return [ipAddress, ipv6Address].filter((address) => address !== "");
}
