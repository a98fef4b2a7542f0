/** `--mount type=bind,source=/a,target=/b,readonly`, with Docker's errors. */
import { parseBinarySize } from "../../wire/sizes.ts";
import { parseGoBoolean } from "../flags/go-values.ts";
import { absolutePath, splitCsv } from "./mounts.ts";

interface MountDraft {
  Type: string;
  Source: string;
  Target: string;
  ReadOnly?: boolean;
  Consistency?: string;
  BindOptions?: Options;
  VolumeOptions?: Options;
  ImageOptions?: Options;
  TmpfsOptions?: Options;
}

type Options = Record<string, unknown>;
type Kind = "BindOptions" | "VolumeOptions" | "ImageOptions" | "TmpfsOptions";

/** Which mounts options are for. */
const KINDS: Readonly<Record<Kind, string>> = {
  VolumeOptions: "volume",
  ImageOptions: "image",
  BindOptions: "bind",
  TmpfsOptions: "tmpfs",
};

const optionsOf = (mount: MountDraft, kind: Kind): Options => (mount[kind] ??= {});
const driverOf = (mount: MountDraft): Options => (optionsOf(mount, "VolumeOptions")["DriverConfig"] ??= {}) as Options;

/** Fields that are on when they are named alone. */
const SWITCHES: Readonly<Record<string, (mount: MountDraft, on: boolean) => void>> = {
  readonly: (mount, on) => (mount.ReadOnly = on),
  ro: (mount, on) => (mount.ReadOnly = on),
  "volume-nocopy": (mount, on) => (optionsOf(mount, "VolumeOptions")["NoCopy"] = on),
  "bind-nonrecursive": (mount, on) => (optionsOf(mount, "BindOptions")["NonRecursive"] = on),
};

const FIELDS: Readonly<Record<string, (mount: MountDraft, value: string) => void>> = {
  type: (mount, value) => (mount.Type = value.toLowerCase()),
  source: (mount, value) => (mount.Source = value),
  src: (mount, value) => (mount.Source = value),
  target: (mount, value) => (mount.Target = value),
  dst: (mount, value) => (mount.Target = value),
  destination: (mount, value) => (mount.Target = value),
  consistency: (mount, value) => (mount.Consistency = value.toLowerCase()),
  "bind-propagation": (mount, value) => (optionsOf(mount, "BindOptions")["Propagation"] = value.toLowerCase()),
  "bind-recursive": setRecursion,
  "volume-subpath": (mount, value) => (optionsOf(mount, "VolumeOptions")["Subpath"] = value),
  "volume-label": (mount, value) => addPair(optionsOf(mount, "VolumeOptions"), "Labels", value),
  "volume-driver": (mount, value) => (driverOf(mount)["Name"] = value),
  "volume-opt": (mount, value) => addPair(driverOf(mount), "Options", value),
  "image-subpath": (mount, value) => (optionsOf(mount, "ImageOptions")["Subpath"] = value),
  "tmpfs-size": (mount, value) =>
    (optionsOf(mount, "TmpfsOptions")["SizeBytes"] = readable("tmpfs-size", value, parseBinarySize)),
  "tmpfs-mode": (mount, value) =>
    (optionsOf(mount, "TmpfsOptions")["Mode"] = readable("tmpfs-mode", value, parseOctal)),
};

/** Only whether it can be read: the flag's value stays as it was. @throws Error in Docker's words */
export function checkMount(text: string): string {
  parseMount(text, "/");
  return text;
}

/** As Docker's API has it; a source that begins with a dot is taken from `cwd`. @throws Error in Docker's words */
export function parseMount(text: string, cwd: string): Readonly<MountDraft> {
  const mount: MountDraft = { Type: "volume", Source: "", Target: "" };
  for (const field of splitCsv(text)) setField(mount, field);
  if (mount.Source.startsWith(".")) mount.Source = absolutePath(mount.Source, cwd);
  checkWhole(mount);
  return mount;
}

function setField(mount: MountDraft, field: string): void {
  const equals = field.indexOf("=");
  const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
  const value = equals < 0 ? undefined : field.slice(equals + 1);
  const [turn, set] = [SWITCHES[key], FIELDS[key]];
  if (turn) turn(mount, value === undefined || readable(key, value, parseGoBoolean));
  else if (value === undefined) throw new Error(`invalid field '${field}' must be a key=value pair`);
  else if (set) set(mount, value);
  else throw new Error(`unexpected key '${key}' in '${field}'`);
}

function checkWhole(mount: MountDraft): void {
  if (mount.Type === "") throw new Error("type is required");
  if (mount.Target === "") throw new Error("target is required");
  for (const [kind, type] of Object.entries(KINDS) as [Kind, string][]) {
    if (mount[kind] !== undefined && mount.Type !== type)
      throw new Error(`cannot mix '${type}-*' options with mount type '${mount.Type}'`);
  }
  const needs = (what: string, other: string): Error =>
    new Error(`option 'bind-recursive=${what}' requires '${other}' to be specified in conjunction`);
  const { ReadOnlyNonRecursive, ReadOnlyForceRecursive, Propagation } = mount.BindOptions ?? {};
  if (ReadOnlyNonRecursive === true && mount.ReadOnly !== true) throw needs("writable", "readonly");
  if (ReadOnlyForceRecursive === true && mount.ReadOnly !== true) throw needs("readonly", "readonly");
  if (ReadOnlyForceRecursive === true && Propagation !== "rprivate")
    throw needs("readonly", "bind-propagation=rprivate");
}

/** By what `bind-recursive` is; `enabled` is how it is without. */
const RECURSIONS: Readonly<Record<string, string | undefined>> = {
  enabled: undefined,
  disabled: "NonRecursive",
  writable: "ReadOnlyNonRecursive",
  readonly: "ReadOnlyForceRecursive",
};

function setRecursion(mount: MountDraft, value: string): void {
  if (!Object.hasOwn(RECURSIONS, value))
    throw new Error(
      `invalid value for bind-recursive: ${value} (must be "enabled", "disabled", "writable", or "readonly")`,
    );
  const option = RECURSIONS[value];
  if (option !== undefined) optionsOf(mount, "BindOptions")[option] = true;
}

function addPair(owner: Options, name: string, pair: string): void {
  const [key = "", value = ""] = pair.split(/=(.*)/s);
  const map = (owner[name] ??= {}) as Options;
  if (key !== "") map[key] = value;
}

function parseOctal(text: string): number {
  if (!/^[0-7]{1,11}$/.test(text)) throw new Error("not an octal number");
  return Number.parseInt(text, 8);
}

function readable<T>(key: string, value: string, parse: (text: string) => T): T {
  try {
    return parse(value);
  } catch (cause) {
    throw new Error(`invalid value for ${key}: ${value}`, { cause });
  }
}
