/** Whether a name can be that of an image at all: `reference.ParseNormalizedNamed` of github.com/distribution/reference. */

const DOMAIN =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const PATH_PART = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const MAX_LENGTH = 255;

/** Why a name can be that of no image; undefined if it can. */
export function invalidReference(text: string): string | undefined {
  if (/^[a-f0-9]{64}$/.test(text))
    return `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`;
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  const hasDomain = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const named = hasDomain ? text.slice(slash + 1) : text;
  const repository = `${!hasDomain && slash < 0 ? "library/" : ""}${named.split(":", 1)[0]}`;
  if (repository !== repository.toLowerCase())
    return `invalid reference format: repository name (${repository}) must be lowercase`;
  const isValid = (!hasDomain || DOMAIN.test(first)) && isPathWithTag(named);
  return isValid ? undefined : "invalid reference format";
}

function isPathWithTag(text: string): boolean {
  const [named = "", digest, ...more] = text.split("@");
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return false;
  const { name, tag } = splitTag(named);
  if (tag !== undefined && !TAG.test(tag)) return false;
  return name.split("/").every((part) => PATH_PART.test(part)) && name.length <= MAX_LENGTH;
}

function splitTag(text: string): { readonly name: string; readonly tag?: string } {
  const colon = text.lastIndexOf(":");
  // A colon before a slash is that of a port.
  if (colon < 0 || text.includes("/", colon)) return { name: text };
  return { name: text.slice(0, colon), tag: text.slice(colon + 1) };
}
