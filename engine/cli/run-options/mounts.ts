/** `--volume`, `--tmpfs` and `--mount`. */
import { parseGoBoolean } from "../flags/go-values.ts";
import { parseBinarySize } from "../../wire/sizes.ts";

export interface Volumes {
  /** `source:destination[:options]` */
  readonly binds: readonly string[];
  /** Destinations without a source: anonymous volumes. */
  readonly anonymous: readonly string[];
}

/** A relative source that begins with a dot is taken from `cwd`. */
export function parseVolumes(volumes: readonly string[], cwd: string): Volumes {
  const binds = volumes.filter((volume) => volume.includes(":"));
  const anonymous = volumes.filter((volume) => !volume.includes(":"));
  return { binds: binds.map((bind) => (bind.startsWith(".") ? absolute(bind, cwd) : bind)), anonymous };
}

function absolute(bind: string, cwd: string): string {
  const colon = bind.indexOf(":");
  const parts: string[] = [];
  for (const part of `${cwd}/${bind.slice(0, colon)}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}${bind.slice(colon)}`;
}

/** `/path[:options]` */
export function parseTmpfs(values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    values.map((value) => {
      const colon = value.indexOf(":");
      return colon < 0 ? [value, ""] : [value.slice(0, colon), value.slice(colon + 1)];
    }),
  );
}

interface MountDraft {
  Type: string;
  Source: string;
  Target: string;
  ReadOnly?: boolean;
  Consistency?: string;
  BindOptions?: Record<string, unknown>;
  VolumeOptions?: Record<string, unknown>;
  TmpfsOptions?: Record<string, unknown>;
}

/** Fields of `--mount` that are set by name alone. */
const FLAGS: Readonly<Record<string, (mount: MountDraft, on: boolean) => void>> = {
  readonly: (mount, on) => (mount.ReadOnly = on),
  ro: (mount, on) => (mount.ReadOnly = on),
  "volume-nocopy": (mount, on) => (mount.VolumeOptions = { ...mount.VolumeOptions, NoCopy: on }),
  "bind-nonrecursive": (mount, on) => (mount.BindOptions = { ...mount.BindOptions, NonRecursive: on }),
  "bind-create-src": (mount, on) => (mount.BindOptions = { ...mount.BindOptions, CreateMountpoint: on }),
};

const FIELDS: Readonly<Record<string, (mount: MountDraft, value: string) => void>> = {
  type: (mount, value) => (mount.Type = value.toLowerCase()),
  source: (mount, value) => (mount.Source = value),
  src: (mount, value) => (mount.Source = value),
  target: (mount, value) => (mount.Target = value),
  dst: (mount, value) => (mount.Target = value),
  destination: (mount, value) => (mount.Target = value),
  consistency: (mount, value) => (mount.Consistency = value.toLowerCase()),
  "bind-propagation": (mount, value) =>
    (mount.BindOptions = { ...mount.BindOptions, Propagation: value.toLowerCase() }),
  "volume-subpath": (mount, value) => (mount.VolumeOptions = { ...mount.VolumeOptions, Subpath: value }),
  "volume-driver": (mount, value) => (mount.VolumeOptions = { ...mount.VolumeOptions, DriverConfig: { Name: value } }),
  "volume-label": (mount, value) =>
    (mount.VolumeOptions = { ...mount.VolumeOptions, Labels: Object.fromEntries([value.split("=")]) }),
  "tmpfs-size": (mount, value) => (mount.TmpfsOptions = { ...mount.TmpfsOptions, SizeBytes: parseBinarySize(value) }),
  "tmpfs-mode": (mount, value) => (mount.TmpfsOptions = { ...mount.TmpfsOptions, Mode: Number.parseInt(value, 8) }),
};

/** `type=bind,source=/a,target=/b,readonly`, checked: the flag's value stays as it was. @throws Error in Docker's words */
export function checkMount(text: string): string {
  parseMount(text);
  return text;
}

export function parseMount(text: string): MountDraft {
  const mount: MountDraft = { Type: "volume", Source: "", Target: "" };
  for (const field of splitCsv(text)) {
    const equals = field.indexOf("=");
    const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? undefined : field.slice(equals + 1);
    const [setFlag, setField] = [FLAGS[key], FIELDS[key]];
    if (setFlag) setFlag(mount, value === undefined || readFlag(key, value));
    else if (value === undefined) throw new Error(`invalid field '${field}' must be a key=value pair`);
    else if (setField) setField(mount, value);
    else throw new Error(`unexpected key '${key}' in '${field}'`);
  }
  if (mount.Type === "") throw new Error("type is required");
  if (mount.Target === "") throw new Error("target is required");
  return mount;
}

function readFlag(key: string, value: string): boolean {
  try {
    return parseGoBoolean(value);
  } catch (cause) {
    throw new Error(`invalid value for ${key}: ${value}`, { cause });
  }
}

/** One line of CSV: a field in quotes may hold commas. */
export function splitCsv(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}
