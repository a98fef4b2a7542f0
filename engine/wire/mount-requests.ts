import { EngineError } from "../base/errors.ts";
import type { Fields } from "./json.ts";
import type { MountRequestModel } from "./model.ts";
import { compareVersions } from "./version.ts";

/** `HostConfig.Mounts`, unchecked but for its JSON. https://docs.docker.com/reference/api/engine/ (ContainerCreate, Mount) */
export function mountRequestsFrom(fields: Fields): readonly MountRequestModel[] {
  return fields.objects("Mounts", "[]mount.Mount").map((mount) => {
    const bind = bindFrom(mount.object("BindOptions", "mount.BindOptions"));
    const volume = volumeFrom(mount.object("VolumeOptions", "mount.VolumeOptions"));
    const tmpfs = tmpfsFrom(mount.object("TmpfsOptions", "mount.TmpfsOptions"));
    const image = mount.object("ImageOptions", "mount.ImageOptions");
    return {
      type: mount.string("Type"),
      source: mount.string("Source"),
      target: mount.string("Target"),
      readOnly: mount.boolean("ReadOnly"),
      consistency: mount.string("Consistency"),
      ...(bind && { bind }),
      ...(volume && { volume }),
      ...(tmpfs && { tmpfs }),
      ...(image && { image: { subpath: image.string("Subpath") } }),
    };
  });
}

function bindFrom(options: Fields | undefined): MountRequestModel["bind"] {
  return (
    options && {
      propagation: options.string("Propagation"),
      nonRecursive: options.boolean("NonRecursive"),
      createMountpoint: options.boolean("CreateMountpoint"),
      readOnlyNonRecursive: options.boolean("ReadOnlyNonRecursive"),
      readOnlyForceRecursive: options.boolean("ReadOnlyForceRecursive"),
    }
  );
}

function volumeFrom(options: Fields | undefined): MountRequestModel["volume"] {
  const driver = options?.object("DriverConfig", "mount.Driver");
  return (
    options && {
      noCopy: options.boolean("NoCopy"),
      labels: options.stringMap("Labels"),
      subpath: options.string("Subpath"),
      ...(driver && { driver: { name: driver.string("Name"), options: driver.stringMap("Options") } }),
    }
  );
}

function tmpfsFrom(options: Fields | undefined): MountRequestModel["tmpfs"] {
  if (options === undefined) return undefined;
  const list = options.raw("Options");
  const words = (Array.isArray(list) ? (list as unknown[]) : []).map((item) =>
    (Array.isArray(item) ? (item as unknown[]) : [item]).map(String),
  );
  return { sizeBytes: options.integer("SizeBytes"), mode: options.integer("Mode", "int"), options: words };
}

/**
 * What the requests meant before some of their fields existed (moby's `postContainersCreate`).
 * @throws EngineError invalid-argument for what an older engine could not have done
 */
export function mountsAsOfVersion(mounts: readonly MountRequestModel[], version: string): readonly MountRequestModel[] {
  const isBefore = (other: string): boolean => compareVersions(version, other) < 0;
  return mounts.map((mount) => {
    const { bind, volume, tmpfs, ...rest } = mount;
    if (isBefore("1.48") && mount.type === "image") throw needs('Mount type "Image"', "1.48");
    if (isBefore("1.44") && bind?.readOnlyForceRecursive === true)
      throw needs("BindOptions.ReadOnlyForceRecursive", "1.44");
    if (isBefore("1.45") && (volume?.subpath ?? "") !== "") throw needs("VolumeOptions.Subpath", "1.45");
    const isLenient = isBefore("1.42");
    return {
      ...rest,
      ...(bind && {
        bind: {
          ...bind,
          ...(isBefore("1.40") && { nonRecursive: false }),
          ...(isLenient && { createMountpoint: false }),
          // Read-only mounts were not recursive then.
          ...(isBefore("1.44") && { readOnlyNonRecursive: true }),
        },
      }),
      ...(volume && !(isLenient && mount.type === "tmpfs") && { volume }),
      ...(tmpfs && !(isLenient && mount.type !== "tmpfs") && { tmpfs }),
    };
  });
}

function needs(what: string, version: string): EngineError {
  return new EngineError("invalid-argument", `${what} needs API v${version} or newer`);
}

/** For `inspect`: as it came, without what is empty. */
export function toWireMountRequests(mounts: readonly MountRequestModel[]): readonly Record<string, unknown>[] {
  return mounts.map(({ type, source, target, readOnly, consistency, bind, volume, tmpfs, image }) => ({
    ...compact({ Type: type, Source: source }),
    Target: target,
    ...compact({ ReadOnly: readOnly, Consistency: consistency }),
    ...(bind && {
      BindOptions: compact({
        Propagation: bind.propagation,
        NonRecursive: bind.nonRecursive,
        CreateMountpoint: bind.createMountpoint,
        ReadOnlyNonRecursive: bind.readOnlyNonRecursive,
        ReadOnlyForceRecursive: bind.readOnlyForceRecursive,
      }),
    }),
    ...(volume && {
      VolumeOptions: {
        ...compact({ NoCopy: volume.noCopy, Labels: sorted(volume.labels), Subpath: volume.subpath }),
        ...(volume.driver && {
          DriverConfig: compact({ Name: volume.driver.name, Options: sorted(volume.driver.options) }),
        }),
      },
    }),
    ...(tmpfs && {
      TmpfsOptions: compact({ SizeBytes: tmpfs.sizeBytes, Mode: tmpfs.mode, Options: tmpfs.options }),
    }),
    ...(image && { ImageOptions: compact({ Subpath: image.subpath }) }),
  }));
}

/** As Go writes maps. */
function sorted(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Go's `omitempty`. */
function compact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => {
      if (value === "" || value === 0 || value === false) return false;
      return typeof value !== "object" || value === null || Object.keys(value).length > 0;
    }),
  );
}
