/** `--network` and what else concerns a container's place on networks. */
import type { FlagValues } from "../args.ts";
import { splitCsv } from "./mounts.ts";

interface NetworkDraft {
  Target: string;
  Aliases: string[];
  DriverOpts: Record<string, string>;
  IPv4Address: string;
  IPv6Address: string;
  MacAddress: string;
  LinkLocalIPs: string[];
  GwPriority: number;
}

const LONG_SYNTAX = /^\w[\w-]*=[^=]/;

/** Checks a `--network`; the flag's value stays as it was. @throws Error in Docker's words */
export function checkNetwork(text: string): string {
  parseNetwork(text);
  return text;
}

/** `name`, or `name=net,alias=a,ip=…,driver-opt=k=v`. */
function parseNetwork(text: string): NetworkDraft {
  const draft: NetworkDraft = {
    Target: "",
    Aliases: [],
    DriverOpts: {},
    IPv4Address: "",
    IPv6Address: "",
    MacAddress: "",
    LinkLocalIPs: [],
    GwPriority: 0,
  };
  if (!LONG_SYNTAX.test(text)) return { ...draft, Target: text };
  for (const field of splitCsv(text)) {
    const equals = field.indexOf("=");
    if (equals < 0) throw new Error(`invalid field ${field}`);
    setField(draft, field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1).trim());
  }
  if (draft.Target === "") throw new Error("network name/id is not specified");
  return draft;
}

function setField(draft: NetworkDraft, key: string, value: string): void {
  if (key === "name") draft.Target = value;
  else if (key === "alias") draft.Aliases.push(value);
  else if (key === "ip") draft.IPv4Address = value;
  else if (key === "ip6") draft.IPv6Address = value;
  else if (key === "mac-address") draft.MacAddress = value;
  else if (key === "link-local-ip") draft.LinkLocalIPs.push(value);
  else if (key === "gw-priority") draft.GwPriority = Number(value);
  else if (key === "driver-opt") {
    const [name = "", option] = value.split(/=(.*)/s);
    if (option === undefined) throw new Error("invalid key/value pair format in driver options");
    draft.DriverOpts[name] = option;
  } else throw new Error(`invalid field key ${key}`);
}

export interface NetworkSettings {
  readonly networkMode: string;
  /** `EndpointsConfig`. */
  readonly endpoints: Readonly<Record<string, unknown>>;
}

const BUILT_IN = ["default", "bridge", "host", "none"];

/** Puts `--network` and the older flags (`--ip`, `--network-alias`, `--link`, …) together. @throws Error in Docker's words */
export function networkSettings(flags: FlagValues): NetworkSettings {
  const networks = flags.list("network").map(parseNetwork);
  const [first = parseNetwork("default"), ...others] = networks;
  addOlderFlags(first, flags);
  for (const { Target } of others) {
    if (networks.filter((network) => network.Target === Target).length > 1)
      throw new Error(`network ${JSON.stringify(Target)} is specified multiple times`);
  }
  const links = flags.list("link");
  const all = [first, ...others];
  for (const { Target, Aliases } of all) {
    if (Aliases.length > 0 && BUILT_IN.includes(Target))
      throw new Error("network-scoped aliases are only supported for user-defined networks");
  }
  if (all.length > 1 && new Set(all.map(({ Target }) => isUserDefined(Target))).size > 1)
    throw new Error("conflicting options: cannot attach both user-defined and non-user-defined network-modes");
  const endpoints = all.map((draft) => [draft.Target, toEndpoint(draft, isUserDefined(draft.Target) ? links : [])]);
  return { networkMode: first.Target, endpoints: Object.fromEntries(endpoints) as Record<string, unknown> };
}

function isUserDefined(network: string): boolean {
  return !BUILT_IN.includes(network) && !network.startsWith("container:");
}

function addOlderFlags(first: NetworkDraft, flags: FlagValues): void {
  const conflict = (flag: string): Error =>
    new Error(
      `conflicting options: cannot specify both --${flag} and per-network ${flag.replace("network-", "").replace("ip6", "IPv6 address").replace(/^ip$/, "IPv4 address")}`,
    );
  const text = (flag: string, field: "IPv4Address" | "IPv6Address" | "MacAddress"): void => {
    const value = flags.string(flag);
    if (value === "") return;
    if (first[field] !== "" && first[field] !== value) throw conflict(flag);
    first[field] = value;
  };
  text("ip", "IPv4Address");
  text("ip6", "IPv6Address");
  text("mac-address", "MacAddress");
  const aliases = flags.list("network-alias");
  if (aliases.length > 0 && first.Aliases.length > 0) throw conflict("network-alias");
  first.Aliases.push(...aliases);
  first.LinkLocalIPs.push(...flags.list("link-local-ip"));
}

function toEndpoint(draft: NetworkDraft, links: readonly string[]): Record<string, unknown> {
  const { IPv4Address, IPv6Address, LinkLocalIPs } = draft;
  const hasAddress = IPv4Address !== "" || IPv6Address !== "" || LinkLocalIPs.length > 0;
  return {
    IPAMConfig: hasAddress
      ? {
          ...(IPv4Address && { IPv4Address }),
          ...(IPv6Address && { IPv6Address }),
          ...(LinkLocalIPs.length > 0 && { LinkLocalIPs }),
        }
      : null,
    Links: links.length > 0 ? links : null,
    Aliases: draft.Aliases.length > 0 ? draft.Aliases : null,
    MacAddress: draft.MacAddress,
    DriverOpts: Object.keys(draft.DriverOpts).length > 0 ? draft.DriverOpts : null,
    GwPriority: draft.GwPriority,
  };
}
