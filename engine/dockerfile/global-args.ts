import { messageOf } from "../base/errors.ts";
import { DockerfileError } from "./dockerfile-error.ts";
import type { Dockerfile } from "./dockerfile.ts";
import { expandWord } from "./expand-word.ts";

/**
 * The global scope, which `FROM` sees: arguments before the first stage, what the build gives for them, and those of the platform.
 *
 * @param platform see `platformArgs`
 * @throws DockerfileError
 */
export function globalArgs(
  { metaArgs, directives }: Pick<Dockerfile, "metaArgs" | "directives">,
  platform: ReadonlyMap<string, string>,
  buildArgs: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const values = new Map([...platform].map(([name, value]) => [name, buildArgs.get(name) ?? value]));
  const { escape } = directives;
  for (const { pairs, range } of metaArgs) {
    for (const { name, value } of pairs) {
      try {
        const found =
          buildArgs.get(name) ??
          (value === undefined ? undefined : expandWord(value, (other) => values.get(other), { escape }));
        if (found !== undefined) values.set(name, found);
      } catch (error) {
        throw new DockerfileError(messageOf(error), range, { cause: error });
      }
    }
  }
  return values;
}
