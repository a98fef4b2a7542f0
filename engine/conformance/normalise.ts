import type { Exchange } from "./scenario.ts";

const NEVER = "0001-01-01T00:00:00Z";
/** Values that differ from run to run and machine to machine; zero and empty are kept: they mean something. */
const MASKED_KEYS: Readonly<Record<string, string>> = {
  Created: "time",
  CreatedAt: "time",
  time: "time",
  timeNano: "time",
  LastUsedAt: "time",
  Pid: "pid",
  Size: "bytes",
  SizeRw: "bytes",
  SizeRootFs: "bytes",
  SharedSize: "bytes",
  LayersSize: "bytes",
  SpaceReclaimed: "bytes",
  VirtualSize: "bytes",
  execDuration: "seconds",
  Status: "text",
  EndpointID: "id",
  SandboxID: "id",
  SandboxKey: "path",
  MacAddress: "mac",
  IPAddress: "ip",
  IPv4Address: "ip",
  Gateway: "ip",
  Subnet: "subnet",
  DNSNames: "names",
};

/** Exchanges without what chance decided: ids, times, sizes and addresses are masked. */
export function normalise(exchanges: readonly Exchange[]): readonly Exchange[] {
  return exchanges.map(({ request, status, type, body }) => ({
    request: maskText(request),
    status,
    type,
    body: mask(body),
  }));
}

function mask(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return ordered(value).map((item) => mask(item));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([name, item]) => [maskText(name), maskField(name, item)]));
  }
  return typeof value === "string" ? maskText(value, key) : value;
}

/** Docker walks maps for these, whose order is chance: the mounts of a container, the changes of its files. */
function ordered(list: readonly unknown[]): readonly unknown[] {
  const places = new Map(list.map((item) => [item, placeOf(item)]));
  if ([...places.values()].includes(undefined)) return list;
  return list.toSorted((a, b) => ((places.get(a) ?? "") < (places.get(b) ?? "") ? -1 : 1));
}

function placeOf(item: unknown): string | undefined {
  const { Destination, Kind, Path } = (item ?? {}) as { Destination?: string; Kind?: number; Path?: string };
  return Destination ?? (Kind === undefined ? undefined : Path);
}

function maskField(key: string, value: unknown): unknown {
  const name = MASKED_KEYS[key];
  // Never, for an image that nobody tagged here.
  if (key === "LastTagTime") return "<time>";
  const plain = typeof value === "string" || typeof value === "number";
  if (name === "names" && Array.isArray(value)) return value.map((item) => maskText(String(item))).toSorted();
  if (name !== undefined && plain && value !== "" && value !== 0 && value !== -1 && value !== NEVER) return `<${name}>`;
  return mask(value, key);
}

const ID = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g;
const SHORT_ID = /(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g;

function maskText(text: string, key = ""): string {
  const masked = text
    .replace(TIME, (time) => (time === NEVER ? time : "<time>"))
    .replace(ID, "<id>")
    .replace(SHORT_ID, "<short id>")
    .replace(/\b(since|until)=\d[\d.]*/g, "$1=<time>")
    .replace(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, "<mac>");
  return key === "Name" && /^\/[a-z]+_[a-z]+\d?$/.test(masked) ? "<name>" : masked;
}
