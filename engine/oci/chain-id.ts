import { encodeUtf8 } from "../base/streams.ts";
import { type Digest, digestOf } from "./digest.ts";

/**
 * Names of the states a stack of layers goes through, bottom first: the first layer's is its diffId, each further one hashes what is below.
 * https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid
 */
export async function chainIds(diffIds: readonly Digest[]): Promise<readonly Digest[]> {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : await digestOf(encodeUtf8(`${below} ${diffId}`)));
  }
  return chain;
}
