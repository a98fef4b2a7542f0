import { EngineError } from "../base/errors.ts";
import { errnoText } from "../guest/errno.ts";
import { type Guest, GuestError } from "../guest/guest.ts";
import type { Op } from "../guest/ops.ts";
import { MNT_DETACH, MS } from "../runtime/linux.ts";
import { parseMountOptions } from "../runtime/mount-options.ts";
import { mountpointOf, type Volume } from "./volume.ts";

/** True for a volume that is more than a directory: its content comes from elsewhere when it is mounted. */
export function isMounted({ options }: Volume): boolean {
  return options !== null && Object.keys(options).some((name) => name !== "size");
}

/** What mount(8) would do for `type`, `device` and `o` of the local driver. @throws EngineError internal, in moby's words */
export async function mountVolume(guest: Pick<Guest, "run">, volume: Volume): Promise<void> {
  const { type = "", device = "", o = "" } = volume.options ?? {};
  const target = mountpointOf(volume.name);
  const { flags, data, propagation } = parseMountOptions(o.split(",").filter((option) => option !== ""));
  // `o=bind` is what makes a bind of it, whatever the type says.
  const all = o.split(",").some((option) => option === "bind" || option === "rbind")
    ? flags | MS.BIND | (o.split(",").includes("rbind") ? MS.REC : 0)
    : flags;
  try {
    await guest.run(mountOps({ source: device, target, type, flags: all, data, propagation }));
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    const words = [
      `mount ${device}:${target}`,
      ...(all === 0 ? [] : [`flags: 0x${all.toString(16)}`]),
      ...(data === "" ? [] : [`data: ${data}`]),
    ].join(", ");
    const reason = errnoText(error.errno).toLowerCase();
    const message = `error while mounting volume '${target}': failed to mount local volume: ${words}: ${reason}`;
    throw new EngineError("internal", message, { cause: error });
  }
}

export async function unmountVolume(guest: Pick<Guest, "run">, { name }: Volume): Promise<void> {
  await guest.run([{ op: "umount", target: mountpointOf(name), flags: MNT_DETACH }]);
}

interface MountCall {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly flags: number;
  readonly data: string;
  readonly propagation: number;
}

/** A bind takes its other flags only when it is mounted again. */
function mountOps({ source, target, type, flags, data, propagation }: MountCall): readonly Op[] {
  const ops: Op[] = [{ op: "mount", source, target, type, flags, data }];
  const others = flags & ~(MS.BIND | MS.REC);
  if ((flags & MS.BIND) !== 0 && others !== 0)
    ops.push({ op: "mount", source: "", target, type: "", flags: MS.BIND | MS.REMOUNT | others });
  if (propagation !== 0) ops.push({ op: "mount", source: "", target, type: "", flags: propagation });
  return ops;
}
