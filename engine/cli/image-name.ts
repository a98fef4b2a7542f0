/**
 * Image names as the client reads them before it asks the engine: enough to say what is missing, to pull it and to refuse what cannot
 * be a name. Grammar: https://github.com/distribution/reference
 */
export interface ImageName {
  /** `docker.io/library/busybox` */
  readonly canonical: string;
  /** `busybox` */
  readonly familiar: string;
  readonly tag?: string;
  readonly digest?: string;
}

const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const HOST = "(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?";
const NAME = new RegExp(
  `^(${HOST}/)?(${COMPONENT}(?:/${COMPONENT})*)(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][\\w+.-]*:[0-9a-fA-F]{32,}))?$`,
);

/** @throws Error `invalid reference format…` */
export function parseImageName(text: string): ImageName {
  if (/^[a-f0-9]{64}$/.test(text))
    throw new Error(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const [host, remainder] = splitHost(text);
  const colon = remainder.indexOf(":");
  const repository = colon < 0 ? remainder : remainder.slice(0, colon);
  if (repository.toLowerCase() !== repository)
    throw new Error(`invalid reference format: repository name (${repository}) must be lowercase`);
  const match = NAME.exec(`${host}/${remainder}`);
  if (match === null || match[1] !== `${host}/`) throw new Error("invalid reference format");
  const path = match[2] as string;
  const short = path.replace(/^library\/(?=[^/]+$)/, "");
  return {
    canonical: `${host}/${path}`,
    familiar: host === "docker.io" ? short : `${host}/${path}`,
    ...(match[3] !== undefined && { tag: match[3] }),
    ...(match[4] !== undefined && { digest: match[4] }),
  };
}

/** Only whether it is a name. @throws Error `invalid reference format…` */
export function checkReference(text: string): void {
  parseImageName(text);
}

/** A first component with a dot, a colon, upper case or the name localhost is a registry. */
function splitHost(text: string): readonly [host: string, remainder: string] {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  const isHost = slash >= 0 && (first === "localhost" || /[.:]/.test(first) || first !== first.toLowerCase());
  const host = isHost && first !== "index.docker.io" ? first : "docker.io";
  const remainder = isHost ? text.slice(slash + 1) : text;
  return [host, host === "docker.io" && !remainder.includes("/") ? `library/${remainder}` : remainder];
}

/** With `:latest` when there is neither tag nor digest. */
export function withDefaultTag(name: ImageName): ImageName {
  return name.tag === undefined && name.digest === undefined ? { ...name, tag: "latest" } : name;
}

/** `busybox:latest` */
export function formatFamiliar({ familiar, tag, digest }: ImageName): string {
  return familiar + (tag === undefined ? "" : `:${tag}`) + (digest === undefined ? "" : `@${digest}`);
}

/** `docker.io/library/busybox:latest` */
export function formatCanonical({ canonical, tag, digest }: ImageName): string {
  return canonical + (tag === undefined ? "" : `:${tag}`) + (digest === undefined ? "" : `@${digest}`);
}
