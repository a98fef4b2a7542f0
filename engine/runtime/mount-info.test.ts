import { describe, expect, it } from "vitest";
import { isWithin, mountOf, parseMountInfo } from "./mount-info.ts";

const TEXT = `22 1 0:21 / / rw,relatime shared:1 - overlay overlay rw
30 22 0:25 /data/a\\040b /mnt/a\\040b ro,nosuid master:3 - tmpfs tmpfs rw
31 30 0:26 / /mnt/a\\040b rw - tmpfs tmpfs rw
`;

describe("mountinfo", () => {
  it("tells what is mounted where, and who sees it", () => {
    expect(parseMountInfo(TEXT)[1]).toEqual({
      device: "0:25",
      root: "/data/a b",
      mountpoint: "/mnt/a b",
      options: ["ro", "nosuid"],
      isShared: false,
      isSlave: true,
    });
  });

  it("gives the mount that a path is in: the last one of the longest", () => {
    const mounts = parseMountInfo(TEXT);
    expect(mountOf(mounts, "/mnt/a b/c")?.device).toBe("0:26");
    expect(mountOf(mounts, "/mnt/a bc")).toMatchObject({ mountpoint: "/", isShared: true });
  });

  it("compares whole names", () => {
    expect([isWithin("/a/b", "/a"), isWithin("/ab", "/a"), isWithin("/a", "/a"), isWithin("/a", "/")]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});
