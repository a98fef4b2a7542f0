import { EngineError } from "../base/errors.ts";
import { parseJson, readFields } from "./json.ts";

/** The engine's side of a volume, stated structurally. */
export interface VolumeModel {
  readonly name: string;
  readonly driver: string;
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly options: Readonly<Record<string, string>> | null;
}

interface VolumeCreateModel {
  readonly name: string;
  readonly driver: string;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly options: Readonly<Record<string, string>> | null;
}

/** `GET /volumes/{name}`, in Docker's order of fields. */
export interface WireVolume {
  readonly CreatedAt: string;
  readonly Driver: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Mountpoint: string;
  readonly Name: string;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly Scope: "local";
  /** What the driver says of it; left out when it has nothing to say. */
  readonly Status?: Readonly<Record<string, string>>;
  /** `GET /system/df` only. */
  readonly UsageData?: { readonly RefCount: number; readonly Size: number };
}

export interface VolumeExtras {
  readonly mountpoint: string;
  /** Why what it holds could not be saved. */
  readonly saveError?: string | undefined;
  readonly usage?: { readonly refCount: number; readonly sizeBytes: number } | undefined;
}

export function toWireVolume(volume: VolumeModel, { mountpoint, saveError, usage }: VolumeExtras): WireVolume {
  return {
    CreatedAt: volume.createdAt,
    Driver: volume.driver,
    Labels: sorted(volume.labels),
    Mountpoint: mountpoint,
    Name: volume.name,
    Options: sorted(volume.options),
    Scope: "local",
    ...(saveError !== undefined && { Status: { SaveError: saveError } }),
    ...(usage && { UsageData: { RefCount: usage.refCount, Size: usage.sizeBytes } }),
  };
}

/** As Go writes maps. */
function sorted(map: Readonly<Record<string, string>> | null): Readonly<Record<string, string>> | null {
  return map && Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The body of `POST /volumes/create`; none at all is a volume without a name. @throws EngineError invalid-argument | unavailable */
export function parseVolumeCreate(text: string): VolumeCreateModel {
  if (text.trim() === "") return { name: "", driver: "", labels: null, options: null };
  const fields = readFields(parseJson(text) ?? {}, "", "volume.CreateOptions");
  if (fields.has("ClusterVolumeSpec")) throw new EngineError("unavailable", NOT_A_SWARM_MANAGER);
  return {
    name: fields.string("Name"),
    driver: fields.string("Driver"),
    labels: fields.has("Labels") ? fields.stringMap("Labels") : null,
    options: fields.has("DriverOpts") ? fields.stringMap("DriverOpts") : null,
  };
}

const NOT_A_SWARM_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
