/** `RUN --mount=type=…,target=…`: BuildKit's `instructions/commands_runmount.go`. */
import { EngineError, messageOf } from "../base/errors.ts";
import { parseCsvFields } from "./csv-fields.ts";
import { parseBoolean } from "./directives.ts";
import type { MountOption, RunMount } from "./dockerfile.ts";
import { quote } from "./go-text.ts";
import { didYouMean } from "./suggest.ts";

/** What is known before variables have values. @throws EngineError */
export function parseMountOption(text: string): MountOption {
  let from: string | undefined;
  for (const field of fieldsOf(text)) {
    const { key, value } = splitField(field);
    if (key !== "from" || value === undefined) continue;
    const dollar = value.indexOf("$");
    if (dollar >= 0 && dollar !== value.length - 1)
      throw invalid("'from' doesn't support variable expansion, define alias stage instead");
    from = value;
  }
  return { text, ...(from !== undefined && { from }) };
}

/**
 * @param text of `--mount`
 * @param expand puts variables into one value
 * @throws EngineError invalid-argument, in BuildKit's words
 */
export function parseRunMount(text: string, expand: (word: string) => string): RunMount {
  const mount: Draft = { type: "bind" };
  for (const field of fieldsOf(text)) {
    const { key, value } = splitField(field);
    if (value === undefined) setBareKey(mount, key, field);
    else setKey(mount, key, { value: expand(value), field });
  }
  checkOwner(mount);
  checkSecret(mount);
  if (mount.sharing !== undefined && mount.type !== "cache")
    throw invalid(`invalid cache sharing set for ${mount.type} mount`);
  const readonly = mount.readonly ?? (mount.type !== "cache" && mount.type !== "tmpfs");
  return { ...mount, readonly };
}

type Draft = { -readonly [Key in keyof RunMount]?: RunMount[Key] } & Pick<RunMount, "type">;
type Setter = (mount: Draft, value: string, key: string) => void;

const TYPES = ["bind", "cache", "tmpfs", "secret", "ssh"] as const;
const SHARINGS = ["shared", "private", "locked"] as const;

const setSource: Setter = (mount, value) => (mount.source = value);
const setTarget: Setter = (mount, value) => (mount.target = value);
const setReadonly: Setter = (mount, value, key) => (mount.readonly = booleanOf(key, value));
const setWritable: Setter = (mount, value, key) => (mount.readonly = !booleanOf(key, value));

const SETTERS: Readonly<Record<string, Setter>> = {
  type: (mount, value) => (mount.type = oneOf("mount type", value, TYPES)),
  from: (mount, value) => (mount.from = value),
  source: setSource,
  target: setTarget,
  readonly: setReadonly,
  id: (mount, value) => (mount.id = value),
  sharing: (mount, value) => (mount.sharing = oneOf("sharing value", value, SHARINGS)),
  required: (mount, value, key) => {
    checkType(mount, key, ["secret", "ssh"]);
    mount.required = booleanOf(key, value);
  },
  size: (mount, value, key) => {
    checkType(mount, key, ["tmpfs"]);
    mount.sizeBytes = sizeOf(key, value);
  },
  mode: (mount, value) => (mount.mode = numberOf("mode", value, 8)),
  uid: (mount, value) => (mount.uid = numberOf("uid", value, 10)),
  gid: (mount, value) => (mount.gid = numberOf("gid", value, 10)),
  src: setSource,
  dst: setTarget,
  destination: setTarget,
  ro: setReadonly,
  rw: setWritable,
  readwrite: setWritable,
  env: (mount, value) => (mount.env = value),
};

function fieldsOf(text: string): readonly string[] {
  try {
    return parseCsvFields(text);
  } catch (error) {
    throw invalid(`failed to parse csv mounts: ${messageOf(error)}`);
  }
}

function splitField(field: string): { readonly key: string; readonly value?: string } {
  const equals = field.indexOf("=");
  if (equals < 0) return { key: field.toLowerCase() };
  return { key: field.slice(0, equals).toLowerCase(), value: field.slice(equals + 1) };
}

function setBareKey(mount: Draft, key: string, field: string): void {
  if (key === "readonly" || key === "ro") mount.readonly = true;
  else if (key === "readwrite" || key === "rw") mount.readonly = false;
  else if (key === "required") {
    checkType(mount, key, ["secret", "ssh"]);
    mount.required = true;
  } else throw invalid(`invalid field '${field}' must be a key=value pair`);
}

function setKey(mount: Draft, key: string, { value, field }: { value: string; field: string }): void {
  const setter = Object.hasOwn(SETTERS, key) ? SETTERS[key] : undefined;
  if (setter === undefined)
    throw invalid(`unexpected key '${key}' in '${field}'${didYouMean(key, Object.keys(SETTERS))}`);
  setter(mount, value, key);
}

function checkType(mount: Draft, key: string, types: readonly string[]): void {
  if (!types.includes(mount.type)) throw invalid(`unexpected key '${key}' for mount type '${mount.type}'`);
}

function checkOwner({ type, mode, uid, gid }: Draft): void {
  if (type !== "bind" && type !== "tmpfs") return;
  for (const [key, value] of Object.entries({ mode, uid, gid }))
    if (value !== undefined) throw invalid(`${key} not allowed for ${quote(type)} type mounts`);
}

function checkSecret({ type, from = "", sharing, source = "", target = "", id = "" }: Draft): void {
  if (type !== "secret") return;
  if (from !== "") throw invalid("secret mount should not have a from");
  if (sharing !== undefined) throw invalid("secret mount should not define sharing");
  if (source === "" && target === "" && id === "")
    throw invalid("invalid secret mount. one of source, target required");
  if (source !== "" && id !== "") throw invalid("both source and id can't be set");
}

function oneOf<const Name extends string>(what: string, value: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === value.toLowerCase());
  if (found !== undefined) return found;
  throw invalid(`unsupported ${what} ${quote(value)}${didYouMean(value, names)}`);
}

function booleanOf(key: string, value: string): boolean {
  const found = parseBoolean(value);
  if (found === undefined) throw invalid(`invalid value for ${key}: ${value}`);
  return found;
}

function numberOf(key: string, value: string, base: 8 | 10): number {
  const digits = base === 8 ? /^[0-7]+$/ : /^\d+$/;
  const number = digits.test(value) ? Number.parseInt(value, base) : Number.NaN;
  if (!(number < 2 ** 32)) throw invalid(`invalid value ${value} for ${key}`);
  return number;
}

const SIZE = /^(\d+\.?\d*|\.\d+) ?(?:([kmgtp])(?:i?b)?|b)?$/i;

/** Of go-units' `RAMInBytes`: `512`, `64m`, `1.5GiB`. */
function sizeOf(key: string, value: string): number {
  const match = SIZE.exec(value);
  if (match === null) throw invalid(`invalid value for ${key}: ${value}`);
  const [, number, unit = ""] = match;
  return Math.trunc(Number(number) * 1024 ** " kmgtp".indexOf(unit.toLowerCase() || " "));
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}
