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
const ANY_ADDRESS = { 4: "0.0.0.0", 6: "::" } as const;

/** nft's names for them: raw, dstnat, filter, srcnat */
const PRIORITY = { raw: -300, dstnat: -100, filter: 0, srcnat: 100 } as const;

export interface BridgeRules {
  readonly device: string;
  /** One of each family at most. */
  readonly subnets: readonly string[];
  readonly internal: boolean;
  /** Its containers reach one another. */
  readonly icc: boolean;
  /** What leaves has the machine's address. */
  readonly masquerade: boolean;
}

export interface Publication {
  readonly address: string;
  readonly mapping: PortMapping;
}

/**
 * The rules of all bridges, replaced as a whole: containers reach the world under the machine's address, the world reaches published
 * ports only, bridges do not reach each other, and no container reaches what listens on the machine's loopback. The rules for IPv6 are
 * there when a network has it.
 */
export function bridgeRulesOps(bridges: readonly BridgeRules[]): readonly Op[] {
  const hasSix = bridges.some(({ subnets }) => subnets.some((subnet) => subnet.includes(":")));
  return [familyRulesOp(4, bridges), ...(hasSix ? [familyRulesOp(6, bridges)] : [])];
}

function familyRulesOp(family: 4 | 6, bridges: readonly BridgeRules[]): Op {
  const batch = new NftBatch(TABLE, family)
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
  for (const bridge of bridges) addBridge(batch, family, bridge);
  return batch.toOp();
}

function addBridge(batch: NftBatch, family: 4 | 6, bridge: BridgeRules): void {
  const { device, internal } = bridge;
  const subnet = bridge.subnets.find((text) => text.includes(":") === (family === 6));
  if (family === 4) {
    // route_localnet lets the machine reach its containers from 127.0.0.1; the other way stays shut.
    batch.addRule("raw-prerouting", [...inputIs(device), ...destinationIn(LOOPBACK), ...drop]);
  }
  if (subnet !== undefined && !internal && bridge.masquerade)
    batch.addRule("nat-postrouting", [...sourceIn(subnet), ...outputIsNot(device), ...masquerade]);
  if (family === 4) batch.addRule("nat-postrouting", [...sourceIn(LOOPBACK), ...outputIs(device), ...masquerade]);
  if (subnet !== undefined) {
    batch.addRule("nat-postrouting", [...sourceIn(subnet), ...outputIs(device), ...cameThroughPort, ...masquerade]);
  }
  addForwarding(batch, bridge);
}

function addForwarding(batch: NftBatch, { device, internal, icc }: BridgeRules): void {
  if (icc) batch.addRule("filter-forward", [...inputIs(device), ...outputIs(device), ...accept]);
  if (internal) batch.addRule("filter-forward", [...inputIs(device), ...drop]);
  else {
    batch.addRule("filter-forward", [...outputIs(device), ...belongsToConnection, ...accept]);
    batch.addRule("filter-forward", [...outputIs(device), ...cameThroughPort, ...accept]);
  }
  batch.addRule("filter-forward", [...outputIs(device), ...drop]);
}

/** All published ports of a family, replaced as a whole: what the engine knows is what the kernel does. */
export function publishedPortsOp(family: 4 | 6, publications: readonly Publication[]): Op {
  const batch = new NftBatch(TABLE, family).flushChain("published");
  for (const { address, mapping } of publications) {
    const { container, hostIp, hostPort } = mapping;
    if (address === "" || (hostIp !== "" && hostIp.includes(":") !== (family === 6))) continue;
    const isAny = hostIp === "" || hostIp === ANY_ADDRESS[family];
    const where = isAny ? [] : destinationIs(hostIp);
    batch.addRule("published", [...where, ...portIs(container.protocol, hostPort), ...dnatTo(address, container.port)]);
  }
  return batch.toOp();
}
