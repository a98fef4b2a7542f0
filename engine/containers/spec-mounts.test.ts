import { describe, expect, it } from "vitest";
import type { MountRecord } from "./container.ts";
import { type PreparedMount, specMounts, tmpfsWithoutMode, type UserMounts, withoutOverridden } from "./spec-mounts.ts";

const prepared = (fields: Partial<MountRecord>): PreparedMount => {
  const mount: MountRecord = {
    type: "bind",
    source: "/x",
    destination: "/a",
    mode: "",
    readWrite: true,
    propagation: "rprivate",
    ...fields,
  };
  return { mount, source: mount.source, propagation: mount.propagation };
};
const spec = (fields: Partial<UserMounts>) =>
  specMounts({ mounts: [], tmpfs: {}, files: [], readonlyRootfs: false, ...fields });
const optionsOf = (fields: Partial<MountRecord>): readonly string[] =>
  spec({ mounts: [prepared(fields)] })[0]?.options ?? [];
const file = (destination: string) => ({ path: `/d${destination}`, destination, content: "" });

describe("mounts of the spec", () => {
  it("are made parents first, and a bind takes the place of Docker's own file", () => {
    const mounts = [
      prepared({ source: "/x", destination: "/a/b/c" }),
      prepared({ source: "/y", destination: "/a" }),
      prepared({ source: "/z", destination: "/etc/hosts" }),
    ];
    const made = spec({ mounts, tmpfs: { "/a/b/": "" }, files: [file("/etc/hosts"), file("/etc/hostname")] });
    expect(made.map(({ source, destination }) => `${source} ${destination}`)).toEqual([
      "/y /a",
      "tmpfs /a/b",
      "/z /etc/hosts",
      "/d/etc/hostname /etc/hostname",
      "/x /a/b/c",
    ]);
  });

  it("are read-only with all that is below, unless asked otherwise", () => {
    expect(optionsOf({ readWrite: false })).toEqual(["rbind", "rro", "rprivate"]);
    expect(optionsOf({ readWrite: false, readOnlyNonRecursive: true })).toEqual(["rbind", "ro", "rprivate"]);
    expect(optionsOf({ nonRecursive: true })).toEqual(["bind", "rprivate"]);
    expect(() => optionsOf({ readOnlyForceRecursive: true })).toThrow(
      "mount options conflict: !ReadOnly && BindOptions.ReadOnlyForceRecursive",
    );
  });

  it("of volumes see what is mounted in them later, and do not tell", () => {
    expect(optionsOf({ type: "volume", propagation: "" })).toEqual(["rbind", "rslave"]);
  });

  it("give a tmpfs the permissions of the directory that it hides, and the user's options the last word", () => {
    const made = spec({
      tmpfs: { "/run": "exec,size=1m" },
      mounts: [prepared({ type: "tmpfs", destination: "/home", tmpfs: ["ro", "mode=700"] })],
      tmpfsModes: new Map([["/run", 0o755]]),
    });
    expect(made.map(({ options }) => options?.join())).toEqual([
      "noexec,nosuid,nodev,mode=755,exec,size=1m",
      "noexec,nosuid,nodev,ro,mode=700",
    ]);
    expect(tmpfsWithoutMode([prepared({ type: "tmpfs", tmpfs: ["mode=700"] }).mount], { "/run/": "size=1m" })).toEqual([
      "/run",
    ]);
  });

  it("know the options of a tmpfs", () => {
    expect(() => spec({ tmpfs: { "/run": "size=1m,nope" } })).toThrow('invalid tmpfs option "nope"');
  });

  it("are not over the root, nor is anything but proc over /proc", () => {
    expect(() => optionsOf({ destination: "/" })).toThrow("is on the top of rootfs");
    expect(() => optionsOf({ destination: "/proc" })).toThrow("cannot be mounted because it is not of type proc");
    expect(optionsOf({ destination: "/proc", source: "/proc" })).toContain("rbind");
  });

  it("take the place of the runtime's own", () => {
    const at = (destination: string) => ({ destination, type: "x", source: "x" });
    const base = [at("/proc"), at("/dev"), at("/dev/pts"), at("/sys")];
    expect(withoutOverridden(base, [at("/sys"), at("/dev")]).map(({ destination }) => destination)).toEqual(["/proc"]);
  });

  it("make Docker's files read-only with the root", () => {
    expect(spec({ files: [file("/etc/hosts")], readonlyRootfs: true })[0]?.options).toContain("rro");
  });
});
