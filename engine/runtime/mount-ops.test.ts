import { describe, expect, it } from "vitest";
import { ERRNO } from "../guest/errno.ts";
import { GuestError } from "../guest/guest.ts";
import type { RuntimeSpec, SpecMount } from "../oci/runtime-spec.ts";
import { explainMount } from "./explain-mount.ts";
import { MS } from "./linux.ts";
import { rootOps } from "./mount-ops.ts";

const opsOf = (...mounts: readonly SpecMount[]) =>
  rootOps({ root: { path: "/merged" }, mounts, linux: {}, process: {} } as unknown as RuntimeSpec);
const bind = (...options: readonly string[]): SpecMount => ({
  destination: "/a",
  type: "bind",
  source: "/x",
  options: ["rbind", ...options],
});
const failing = (errno: number, ops: ReturnType<typeof opsOf>, name: string): string | undefined => {
  const opIndex = ops.findIndex(({ op }) => op === name);
  return explainMount(ops[opIndex]!, new GuestError({ errno, phase: "child", opIndex, detail: "" }), ops);
};

describe("the operations of a root", () => {
  it("take the sources before the machine's mounts become private, so that a shared bind stays shared", () => {
    expect(opsOf(bind("rshared")).map(({ op }) => op)).toEqual(["open-tree", "mount", "pivot-root", "move-mount"]);
  });

  it("set attributes and propagation in one call where both are for the same mounts", () => {
    expect(opsOf(bind("rro", "rslave")).at(-1)).toMatchObject({
      attributes: 1,
      recursive: true,
      propagation: MS.SLAVE,
    });
    expect(opsOf(bind("private")).at(-1)).toMatchObject({ attributes: 0, recursive: false, propagation: MS.PRIVATE });
    expect(opsOf(bind("ro", "rprivate")).slice(-2)).toMatchObject([
      { op: "move-mount", attributes: 1, recursive: false, propagation: 0 },
      { op: "mount", target: "/a", flags: MS.PRIVATE | MS.REC },
    ]);
  });

  it("share a tmpfs when that is asked for", () => {
    const tmpfs = { destination: "/t", type: "tmpfs", source: "tmpfs", options: ["shared"] };
    expect(opsOf(tmpfs).at(-1)).toMatchObject({ op: "mount", target: "/t", flags: MS.SHARED });
  });
});

describe("a failed mount", () => {
  it("is told in runc's words", () => {
    const ops = opsOf(bind("rprivate"));
    expect(failing(ERRNO.ENOENT, ops, "open-tree")).toBe(
      "failed to fulfil mount request: open /x: no such file or directory",
    );
    expect(failing(ERRNO.EINVAL, ops, "move-mount")).toBe(
      'error mounting "/x" to rootfs at "/a": mount src=/x, dst=/a, flags=MS_BIND|MS_REC: not a directory: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type',
    );
    const tmpfs = opsOf({ destination: "/t", type: "tmpfs", source: "tmpfs", options: ["nosuid", "size=x"] });
    const opIndex = tmpfs.length - 1;
    const error = new GuestError({ errno: ERRNO.EINVAL, phase: "child", opIndex, detail: "" });
    expect(explainMount(tmpfs[opIndex]!, error, tmpfs)).toBe(
      'error mounting "tmpfs" to rootfs at "/t": mount src=tmpfs, dst=/t, flags=MS_NOSUID, data=size=x: invalid argument',
    );
  });
});
