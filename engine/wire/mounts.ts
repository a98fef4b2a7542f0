import type { MountModel } from "./model.ts";

/** One entry of `Mounts`, in Docker's order of fields. */
export interface WireMount {
  readonly Type: "bind" | "volume" | "tmpfs" | "image";
  readonly Name?: string;
  readonly Source: string;
  readonly Destination: string;
  readonly Driver?: string;
  readonly Mode: string;
  readonly RW: boolean;
  readonly Propagation: string;
}

export function toWireMounts(mounts: readonly MountModel[]): readonly WireMount[] {
  return mounts.map(({ type, name, source, destination, mode, readWrite, propagation }) => ({
    Type: type,
    ...(name !== undefined && { Name: name }),
    Source: source,
    Destination: destination,
    ...(type === "volume" && { Driver: "local" }),
    Mode: mode,
    RW: readWrite,
    Propagation: propagation,
  }));
}
