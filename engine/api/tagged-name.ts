import { EngineError } from "../base/errors.ts";
import {
  formatReference,
  parseReference,
  parseReferenceWithTag,
  type Reference,
  withDefaultTag,
} from "../oci/reference.ts";

/** The name that `repo` and `tag` of a commit or an import make; undefined without a repository. @throws EngineError invalid-argument */
export function taggedName(repository: string, tag: string): Reference | undefined {
  if (repository === "") return undefined;
  const reference = parseReference(repository);
  if (reference.digest !== undefined) throw new EngineError("invalid-argument", "cannot import digest reference");
  if (tag === "") return withDefaultTag(reference);
  const { domain, path } = reference;
  return parseReferenceWithTag(formatReference({ domain, path }), tag);
}
