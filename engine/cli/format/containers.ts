import type { ContainerSummary, WirePort } from "../../wire/container-summary.ts";
import { humanDuration } from "../../wire/durations.ts";
import { humanSize } from "../../wire/sizes.ts";
import { formatGoTime } from "../../wire/times.ts";
import { goQuote } from "../flags/go-values.ts";
import { joinLabels } from "./labels.ts";
import type { Listing } from "./table.ts";
import { ellipsis, joinHostPort, shortId } from "./text.ts";

export interface ContainerListingOptions {
  readonly truncate: boolean;
  readonly withSize: boolean;
  readonly nowMs: number;
}

const TABLE = "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";

const RAW = `container_id: {{.ID}}
image: {{.Image}}
command: {{.Command}}
created_at: {{.CreatedAt}}
state: {{- pad .State 1 0}}
status: {{- pad .Status 1 0}}
names: {{.Names}}
labels: {{- pad .Labels 1 0}}
ports: {{- pad .Ports 1 0}}
`;

const HEADERS = {
  ID: "CONTAINER ID",
  Names: "NAMES",
  Image: "IMAGE",
  Command: "COMMAND",
  CreatedAt: "CREATED AT",
  RunningFor: "CREATED",
  Ports: "PORTS",
  State: "STATE",
  Status: "STATUS",
  Size: "SIZE",
  Labels: "LABELS",
  Mounts: "MOUNTS",
  LocalVolumes: "LOCAL VOLUMES",
  Networks: "NETWORKS",
  Platform: "PLATFORM",
};

/** `docker ps` */
export function containerListing({ truncate, withSize, nowMs }: ContainerListingOptions): Listing<ContainerSummary> {
  return {
    table: withSize ? `${TABLE}\t{{.Size}}` : TABLE,
    quietWins: true,
    raw: { source: withSize ? `${RAW}size: {{.Size}}\n` : RAW, quiet: "container_id: {{.ID}}" },
    headers: HEADERS,
    typeName: "*formatter.ContainerContext",
    errorPrefixes: { parse: "failed to parse template: ", execute: "failed to execute template: " },
    fields: {
      ID: ({ Id }) => (truncate ? shortId(Id) : Id),
      Names: ({ Names }) => namesOf(Names, truncate),
      Image: ({ Image, ImageID }) => imageOf(Image, ImageID, truncate),
      Command: ({ Command }) => goQuote(truncate ? ellipsis(Command, 20) : Command),
      CreatedAt: ({ Created }) => formatGoTime(Created),
      RunningFor: ({ Created }) => `${humanDuration(nowMs - Created * 1000)} ago`,
      Platform: () => null,
      Ports: ({ Ports }) => formatPorts(Ports),
      State: ({ State }) => State,
      Status: ({ Status }) => Status,
      Size: ({ SizeRw = 0, SizeRootFs = 0 }) =>
        humanSize(SizeRw, 3) + (SizeRootFs > 0 ? ` (virtual ${humanSize(SizeRootFs, 3)})` : ""),
      Labels: ({ Labels }) => joinLabels(Labels),
      Mounts: ({ Mounts }) =>
        Mounts.map(({ Name, Source }) => (truncate ? ellipsis(Name ?? Source, 15) : (Name ?? Source))).join(","),
      LocalVolumes: ({ Mounts }) => String(Mounts.filter(({ Driver }) => Driver === "local").length),
      Networks: ({ NetworkSettings }) =>
        Object.keys(NetworkSettings?.Networks ?? {})
          .toSorted()
          .join(","),
    },
    methods: { Label: ({ Labels }, name) => Labels?.[name] ?? "" },
  };
}

/** Names given by links (`/a/b`) are left out of the short form. */
function namesOf(names: readonly string[], truncate: boolean): string {
  const plain = names.map((name) => name.replace(/^\//, ""));
  return (truncate ? plain.filter((name) => !name.includes("/")) : plain).join(",");
}

function imageOf(image: string, id: string, truncate: boolean): string {
  if (image === "") return "<no image>";
  if (!truncate) return image;
  if (shortId(image) === shortId(id)) return shortId(id);
  return image.includes("@") ? (image.split("@")[0] as string) : image;
}

/** `0.0.0.0:8080->80/tcp, [::]:8080->80/tcp`; runs of ports that are published as they are become one range. */
function formatPorts(ports: readonly WirePort[]): string {
  const groups = new Map<string, { ip: string; type: string; first: number; last: number }>();
  const ranges: string[] = [];
  const mappings: string[] = [];
  for (const { IP: ip = "", PrivatePort: port, PublicPort: published, Type: type } of ports.toSorted(comparePorts)) {
    if (ip !== "" && published !== port) {
      mappings.push(`${joinHostPort(ip, published ?? 0)}->${port}/${type}`);
      continue;
    }
    const key = `${ip}/${type}`;
    const group = groups.get(key);
    if (group !== undefined && port === group.last + 1) group.last = port;
    else {
      if (group !== undefined) ranges.push(formatRange(group));
      groups.set(key, { ip, type, first: port, last: port });
    }
  }
  return [...ranges, ...[...groups.values()].map(formatRange), ...mappings].join(", ");
}

function formatRange({ ip, type, first, last }: { ip: string; type: string; first: number; last: number }): string {
  const range = first === last ? String(first) : `${first}-${last}`;
  return `${ip === "" ? range : `${joinHostPort(ip, range)}->${range}`}/${type}`;
}

function comparePorts(a: WirePort, b: WirePort): number {
  if (a.PrivatePort !== b.PrivatePort) return a.PrivatePort - b.PrivatePort;
  if (a.IP !== b.IP) return (a.IP ?? "") < (b.IP ?? "") ? -1 : 1;
  if (a.PublicPort !== b.PublicPort) return (a.PublicPort ?? 0) - (b.PublicPort ?? 0);
  return a.Type < b.Type ? -1 : 1;
}
