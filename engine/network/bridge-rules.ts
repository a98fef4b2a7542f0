import type { Op } from "../guest/ops.ts";
import type { PortMapping } from "./network.ts";
import {
  accept,
  belongsToConnection,
  cameThroughPort,
  destinationIn,
  destinationIs,
  destinationIsLocal,
  dnatTo,
  drop,
  inputIs,
  jumpTo,
  masquerade,
  outputIs,
  outputIsNot,
  portIs,
  sourceIn,
} from "./nft-expressions.ts";
import { NftBatch } from "./nftables.ts";

/** The name that Docker's own nftables backend gives its table. */
const TABLE = "docker-bridges";
const LOOPBACK = "127.0.0.0/8";
const ANY_ADDRESS = "0.0.0.0";

/** nft's names for them: raw, dstnat, filter, srcnat */
const PRIORITY = { raw: -300, dstnat: -100, filter: 0, srcnat: 100 } as const;

export interface BridgeRules {
  readonly device: string;
  readonly subnet: string;
  readonly internal: boolean;
}

export interface Publication {
  readonly address: string;
  readonly mapping: PortMapping;
}

/**
 * The rules of all bridges, replaced as a whole: containers reach the world under the machine's address, the world reaches published
 * ports only, bridges do not reach each other, and no container reaches what listens on the machine's loopback.
 */
export function bridgeRulesOp(bridges: readonly BridgeRules[]): Op {
  const batch = new NftBatch(TABLE)
    .addTable()
    .addChain("published")
    .addChain("raw-prerouting", { type: "filter", hook: "prerouting", priority: PRIORITY.raw })
    .addChain("nat-prerouting", { type: "nat", hook: "prerouting", priority: PRIORITY.dstnat })
    .addChain("nat-output", { type: "nat", hook: "output", priority: PRIORITY.dstnat })
    .addChain("nat-postrouting", { type: "nat", hook: "postrouting", priority: PRIORITY.srcnat })
    .addChain("filter-forward", { type: "filter", hook: "forward", priority: PRIORITY.filter });
  for (const chain of ["raw-prerouting", "nat-prerouting", "nat-output", "nat-postrouting", "filter-forward"])
    batch.flushChain(chain);
  batch.addRule("nat-prerouting", [...destinationIsLocal, ...jumpTo("published")]);
  batch.addRule("nat-output", [...destinationIsLocal, ...jumpTo("published")]);
  for (const bridge of bridges) addBridge(batch, bridge);
  return batch.toOp();
}

function addBridge(batch: NftBatch, { device, subnet, internal }: BridgeRules): void {
  // route_localnet lets the machine reach its containers from 127.0.0.1; the other way stays shut.
  batch.addRule("raw-prerouting", [...inputIs(device), ...destinationIn(LOOPBACK), ...drop]);
  if (!internal) batch.addRule("nat-postrouting", [...sourceIn(subnet), ...outputIsNot(device), ...masquerade]);
  batch.addRule("nat-postrouting", [...sourceIn(LOOPBACK), ...outputIs(device), ...masquerade]);
  batch.addRule("nat-postrouting", [...sourceIn(subnet), ...outputIs(device), ...cameThroughPort, ...masquerade]);
  batch.addRule("filter-forward", [...inputIs(device), ...outputIs(device), ...accept]);
  if (internal) batch.addRule("filter-forward", [...inputIs(device), ...drop]);
  else {
    batch.addRule("filter-forward", [...outputIs(device), ...belongsToConnection, ...accept]);
    batch.addRule("filter-forward", [...outputIs(device), ...cameThroughPort, ...accept]);
  }
  batch.addRule("filter-forward", [...outputIs(device), ...drop]);
}

/** All published ports, replaced as a whole: what the engine knows is what the kernel does. IPv6 addresses are the machine's alone. */
export function publishedPortsOp(publications: readonly Publication[]): Op {
  const batch = new NftBatch(TABLE).flushChain("published");
  for (const { address, mapping } of publications) {
    const { container, hostIp, hostPort } = mapping;
    if (hostIp.includes(":")) continue;
    const where = hostIp === ANY_ADDRESS || hostIp === "" ? [] : destinationIs(hostIp);
    batch.addRule("published", [...where, ...portIs(container.protocol, hostPort), ...dnatTo(address, container.port)]);
  }
  return batch.toOp();
}
