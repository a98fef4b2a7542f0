import { EngineError } from "../base/errors.ts";
import { tryParseAddress } from "../network/addresses.ts";
import { formatHosts, formatResolvConf } from "../network/resolv.ts";
import type { HostFile } from "../runtime/runtime.ts";
import { linkHosts } from "./container-links.ts";
import { hasResolver } from "./container-networks.ts";
import type { Container } from "./container.ts";
import type { EngineContext } from "./engine-context.ts";
import { etcFiles } from "./spec-mounts.ts";

/** The default bridge's own address stands for the machine (`--add-host name:host-gateway`). */
const HOST_GATEWAY = "host-gateway";

/** Docker's three files in `/etc`, for a container whose addresses are decided. */
export function networkFiles(
  context: EngineContext,
  container: Container,
): readonly (HostFile & { readonly destination: string })[] {
  const { config, host, endpoints } = container;
  for (const address of host.dns) checkNameServer(address);
  const machine = context.networks.get("bridge").subnets[0]?.gateway ?? "";
  return etcFiles(container.id, {
    hosts: formatHosts({
      hostname: config.hostname,
      domainname: config.domainname,
      addresses: Object.values(endpoints)
        .flatMap(({ ipAddress, ipv6Address = "" }) => [ipAddress, ipv6Address])
        .filter((address) => address !== ""),
      extraHosts: [
        ...host.extraHosts.map((entry) => entry.replace(`:${HOST_GATEWAY}`, `:${machine}`)),
        ...linkHosts(context, container),
      ],
    }),
    hostname: `${config.hostname}\n`,
    resolvConf: formatResolvConf({
      machine: context.nameServers,
      dns: host.dns,
      search: host.dnsSearch ?? [],
      options: host.dnsOptions ?? [],
      isInternal: hasResolver(endpoints),
    }),
  });
}

function checkNameServer(address: string): void {
  if (tryParseAddress(address) !== undefined) return;
  const reason = `ParseAddr(${JSON.stringify(address)}): unable to parse IP`;
  throw new EngineError("internal", `bad nameserver address ${address}: ${reason}`);
}
