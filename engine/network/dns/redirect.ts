import type { Op } from "../../guest/ops.ts";
import { destinationIs, dnatTo, portIs } from "../nft-expressions.ts";
import { NftBatch } from "../nftables.ts";

/** Where `/etc/resolv.conf` of a container sends its questions. */
export const RESOLVER_ADDRESS = "127.0.0.11";
/** Where they are answered: port 53 stays free for a name server in the container. */
export const RESOLVER_PORT = 22_553;

const TABLE = "docker-dns";
const DSTNAT = -100;

/** Leads port 53 of {@link RESOLVER_ADDRESS} to {@link RESOLVER_PORT}, in a container's namespace. */
export function redirectOp(netns: "child" | number): Op {
  const batch = new NftBatch(TABLE)
    .addTable()
    .addChain("nat-output", { type: "nat", hook: "output", priority: DSTNAT })
    .flushChain("nat-output");
  for (const protocol of ["udp", "tcp"] as const)
    batch.addRule("nat-output", [
      ...destinationIs(RESOLVER_ADDRESS),
      ...portIs(protocol, 53),
      ...dnatTo(RESOLVER_ADDRESS, RESOLVER_PORT),
    ]);
  return batch.toOp(netns);
}
