import { humanSize } from "../../wire/sizes.ts";
import { joinLabels } from "./labels.ts";
import type { Listing } from "./table.ts";

/** A volume as `GET /volumes` and `GET /system/df` have it. */
export interface Volume {
  readonly Name: string;
  readonly Driver: string;
  readonly Scope: string;
  readonly Mountpoint: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  /** Bytes, -1 when unknown, and how many containers have it. */
  readonly UsageData?: { readonly Size: number; readonly RefCount: number } | null;
}

/** Columns of volumes of a swarm: there are none here. */
const NOT_IN_CLUSTER = (): string => "N/A";

/** `docker volume ls` */
export const VOLUME_LISTING: Listing<Volume> = {
  table: "{{.Driver}}\t{{.Name}}",
  quiet: "{{.Name}}",
  raw: { source: "name: {{.Name}}\ndriver: {{.Driver}}\n", quiet: "name: {{.Name}}" },
  headers: {
    Name: "VOLUME NAME",
    Group: "GROUP",
    Driver: "DRIVER",
    Scope: "SCOPE",
    Availability: "AVAILABILITY",
    Mountpoint: "MOUNTPOINT",
    Labels: "LABELS",
    Links: "LINKS",
    Size: "SIZE",
    Status: "STATUS",
  },
  typeName: "*formatter.volumeContext",
  fields: {
    Name: ({ Name }) => Name,
    Driver: ({ Driver }) => Driver,
    Scope: ({ Scope }) => Scope,
    Mountpoint: ({ Mountpoint }) => Mountpoint,
    Labels: ({ Labels }) => joinLabels(Labels),
    Links: ({ UsageData }) => (UsageData ? String(UsageData.RefCount) : "N/A"),
    Size: ({ UsageData }) => (UsageData ? humanSize(UsageData.Size) : "N/A"),
    Group: NOT_IN_CLUSTER,
    Availability: NOT_IN_CLUSTER,
    Status: NOT_IN_CLUSTER,
  },
  methods: { Label: ({ Labels }, name) => Labels?.[name] ?? "" },
};
