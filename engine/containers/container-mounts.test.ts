import { describe, expect, it } from "vitest";
import { cleanPath, decideMounts, isAnonymous, PLAIN_VOLUMES, specMounts } from "./container-mounts.ts";

const decide = (binds: readonly string[], declared: readonly string[] = [], tmpfs: readonly string[] = []) =>
  decideMounts({ containerId: "c", binds, declared, tmpfs }, PLAIN_VOLUMES, (into) => into.fill(0xab));

describe("mounts", () => {
  it("are binds of the machine's directories and named volumes", async () => {
    expect(await decide(["/home/db:/data:ro", "data:/var/lib", "/a/../b:/c:rshared"])).toEqual([
      { type: "bind", source: "/home/db", destination: "/data", mode: "ro", readWrite: false, propagation: "rprivate" },
      {
        type: "volume",
        name: "data",
        source: "/var/lib/docker/volumes/data/_data",
        destination: "/var/lib",
        mode: "z",
        readWrite: true,
        propagation: "",
      },
      { type: "bind", source: "/b", destination: "/c", mode: "rshared", readWrite: true, propagation: "rshared" },
    ]);
  });

  it("get a volume without a name where the image declares one and nothing else is there", async () => {
    const mounts = await decide(["/x:/cache", "/only"], ["/cache", "/data/", "/tmp"], ["/tmp"]);
    expect(mounts.map(({ destination, type }) => [destination, type])).toEqual([
      ["/cache", "bind"],
      ["/only", "volume"],
      ["/data", "volume"],
    ]);
    expect(mounts.map(isAnonymous)).toEqual([false, true, true]);
  });

  it.each([
    ["rel/path:/x", 'create rel/path: "rel/path" includes invalid characters for a local volume name'],
    [
      "/tmp:rel",
      `invalid volume specification: '/tmp:rel': invalid mount config for type "bind": invalid mount path: 'rel' mount path must be absolute`,
    ],
    [
      "/tmp:/",
      `invalid volume specification: '/tmp:/': invalid mount config for type "bind": invalid specification: destination can't be '/'`,
    ],
    ["/tmp:/x:ro:y", "invalid volume specification: '/tmp:/x:ro:y'"],
    ["/tmp:/x:nope", "invalid mode: nope"],
  ])("as wrong as %s are refused in Docker's words", async (bind, message) => {
    await expect(decide([bind])).rejects.toThrow(message);
  });

  it("are made parents first, and a bind takes the place of Docker's own file", async () => {
    const mounts = await decide(["/x:/a/b/c", "/y:/a", "/z:/etc/hosts"]);
    const file = (destination: string) => ({ path: `/d${destination}`, destination, content: "" });
    expect(
      specMounts(mounts, [file("/etc/hosts"), file("/etc/hostname")]).map(
        ({ source, destination }) => `${source} ${destination}`,
      ),
    ).toEqual(["/y /a", "/z /etc/hosts", "/x /a/b/c", "/d/etc/hostname /etc/hostname"]);
  });

  it("have clean paths", () => {
    expect(["/a//b/./c/..", "/../x", "/"].map(cleanPath)).toEqual(["/a/b", "/x", "/"]);
  });
});
