import { describe, expect, it } from "vitest";
import { EngineError } from "../base/errors.ts";
import { testVolumes } from "../volumes/testing.ts";
import type { HostConfig, MountRecord, MountRequest } from "./container.ts";
import { decideMounts } from "./container-mounts.ts";
import { cleanPath } from "./mount-request.ts";

const BASE: MountRecord = {
  type: "bind",
  source: "/tmp/a",
  destination: "/a",
  mode: "ro",
  readWrite: false,
  propagation: "rprivate",
};

/** Everything exists but `/missing`; one other container, `db`, has a bind and a volume. */
async function decide(host: Partial<HostConfig>, declared: readonly string[] = []) {
  const volumes = testVolumes();
  await volumes.acquire({ name: "dbdata" }, "db");
  const other: readonly MountRecord[] = [
    BASE,
    { ...BASE, type: "volume", name: "dbdata", destination: "/var/lib", readWrite: true, copyUp: true },
  ];
  const decided = await decideMounts(
    { containerId: "c", host: { binds: [], tmpfs: {}, ...host }, declared },
    {
      volumes,
      containers: {
        get: (reference) => {
          if (reference !== "db") throw new EngineError("not-found", `No such container: ${reference}`);
          return { record: { mounts: other } };
        },
      },
      exists: async (path) => path !== "/missing",
      prepareImage: async (_, snapshot) => ({ source: `/var/lib/docker/overlay2/${snapshot}/merged` }),
      dropImage: async () => undefined,
    },
  );
  return { ...decided, volumes };
}

const mount = (fields: Partial<MountRequest>): MountRequest => ({
  type: "bind",
  source: "/tmp",
  target: "/a",
  readOnly: false,
  consistency: "",
  ...fields,
});
const bindOptions = {
  propagation: "",
  nonRecursive: false,
  createMountpoint: false,
  readOnlyNonRecursive: false,
  readOnlyForceRecursive: false,
};

describe("-v", () => {
  it("is a bind of the machine's directory, made when it is missing, or a named volume", async () => {
    const { mounts } = await decide({ binds: ["/home/db:/data:ro", "data:/var/lib", "/a/../b:/c:rshared"] });
    expect(mounts).toEqual([
      { ...BASE, source: "/home/db", destination: "/data", createSource: true },
      {
        type: "volume",
        name: "data",
        source: "/var/lib/docker/volumes/data/_data",
        destination: "/var/lib",
        mode: "z",
        readWrite: true,
        propagation: "",
        copyUp: true,
      },
      {
        ...BASE,
        source: "/b",
        destination: "/c",
        mode: "rshared",
        readWrite: true,
        propagation: "rshared",
        createSource: true,
      },
    ]);
  });

  it("of the engine's own directory, or of what holds it, sees what is mounted there later", async () => {
    const { mounts } = await decide({ binds: ["/:/m", "/var/lib/docker/x:/x", "/home:/h"] });
    expect(mounts.map(({ propagation }) => propagation)).toEqual(["rslave", "rslave", "rprivate"]);
    await expect(decide({ binds: ["/:/m:private"] })).rejects.toThrow('must use either propagation mode "rslave"');
  });

  it.each([
    ["", "internal", "invalid volume specification: ''"],
    [":/a", "internal", "invalid volume specification: ':/a'"],
    ["/a:", "internal", "invalid volume specification: '/a:'"],
    ["/a:ro", "internal", "invalid volume specification: '/a:ro'"],
    ["/tmp:/x:ro:y", "internal", "invalid volume specification: '/tmp:/x:ro:y'"],
    ["/tmp:/x:nope", "internal", "invalid mode: nope"],
    ["/tmp:/x:ro,rw", "internal", "invalid mode: ro,rw"],
    [
      "/tmp:rel",
      "internal",
      `invalid volume specification: '/tmp:rel': invalid mount config for type "bind": invalid mount path: 'rel' mount path must be absolute`,
    ],
    [
      "/tmp:/a/..",
      "internal",
      `invalid volume specification: '/tmp:/a/..': invalid mount config for type "bind": invalid specification: destination can't be '/'`,
    ],
    ["/tmp:/a:nocopy", "internal", "field VolumeOptions must not be specified"],
    ["data:/a:rslave", "internal", "field BindOptions must not be specified"],
    ["rel/path:/x", "invalid-argument", 'create rel/path: "rel/path" includes invalid characters'],
    ["a:/b", "invalid-argument", "create a: volume name is too short"],
  ])("cannot be '%s'", async (bind, kind, message) => {
    await expect(decide({ binds: [bind] })).rejects.toMatchObject({ kind, message: expect.stringContaining(message) });
  });
});

describe("--mount", () => {
  it("knows binds, volumes, tmpfs and images", async () => {
    const { mounts, warnings } = await decide({
      mounts: [
        mount({ readOnly: true, bind: { ...bindOptions, nonRecursive: true } }),
        mount({
          type: "volume",
          source: "data",
          target: "/b",
          volume: { noCopy: true, labels: { x: "y" }, subpath: "", driver: { name: "local", options: {} } },
        }),
        mount({
          type: "tmpfs",
          source: "",
          target: "/c",
          tmpfs: { sizeBytes: 4096, mode: 0o700, options: [["exec"]] },
        }),
        mount({ type: "image", source: "busybox", target: "/d", image: { subpath: "bin" } }),
      ],
    });
    expect(mounts).toMatchObject([
      { type: "bind", mode: "", readWrite: false, propagation: "rprivate", nonRecursive: true },
      { type: "volume", name: "data", mode: "z", copyUp: false },
      { type: "tmpfs", source: "", tmpfs: ["mode=700", "size=4096", "exec"] },
      { type: "image", name: "busybox", readWrite: false, subpath: "bin", snapshot: "c.image3" },
    ]);
    expect(mounts[0]?.createSource).toBeUndefined();
    expect(warnings).toEqual(["Image mount is an experimental feature"]);
  });

  it.each<[Partial<MountRequest>, string]>([
    [{ source: "/missing" }, 'invalid mount config for type "bind": bind source path does not exist: /missing'],
    [{ source: "" }, 'type "bind": field Source must not be empty'],
    [{ source: "rel" }, `type "bind": invalid mount path: 'rel' mount path must be absolute`],
    [{ target: "" }, 'type "bind": field Target must not be empty'],
    [{ target: "/" }, "invalid specification: destination can't be '/'"],
    [{ bind: { ...bindOptions, propagation: "nope" } }, "invalid propagation mode: nope"],
    [{ tmpfs: { sizeBytes: 0, mode: 0, options: [] } }, 'TmpfsOptions must not be specified on mount type "bind"'],
    [{ type: "volume", source: "", readOnly: true }, "must not set ReadOnly mode when using anonymous volumes"],
    [
      { type: "volume", source: "data", volume: { noCopy: false, labels: {}, subpath: "a/../../x" } },
      "subpath must be a relative path within the volume",
    ],
    [{ type: "tmpfs" }, 'type "tmpfs": field Source must not be specified'],
    [{ type: "tmpfs", source: "", tmpfs: { sizeBytes: 0, mode: 0, options: [["uid", "1"]] } }, "invalid option: uid"],
    [{ type: "npipe" }, 'invalid mount config for type "npipe": mount type unknown'],
    [{ type: "cluster" }, 'invalid mount config for type "cluster": mount type unknown'],
  ])("cannot be %j", async (fields, message) => {
    await expect(decide({ mounts: [mount(fields)] })).rejects.toMatchObject({
      kind: "invalid-argument",
      message: expect.stringContaining(message),
    });
  });
});

describe("--volumes-from", () => {
  it("brings another container's mounts, read-only when asked for; the container's own come first", async () => {
    const { mounts, volumes } = await decide({ volumesFrom: ["db:ro"], binds: ["/mine:/a"] }, ["/var/lib", "/more"]);
    expect(mounts).toMatchObject([
      { source: "/mine", destination: "/a", readWrite: true },
      { name: "dbdata", destination: "/var/lib", mode: "", readWrite: false },
      { destination: "/more", isAnonymous: true },
    ]);
    expect(mounts[1]?.copyUp).toBeUndefined();
    expect(volumes.usersOf("dbdata")).toEqual(["db", "c"]);
  });

  it.each([
    ["", "volumes-from specification cannot be an empty string"],
    [":ro", 'invalid name or ID supplied: ""'],
    ["nope", "No such container: nope"],
    ["db:nope", "invalid mode: nope"],
    ["db:rslave", "invalid mode: rslave"],
  ])("cannot be '%s'", async (from, message) => {
    await expect(decide({ volumesFrom: [from] })).rejects.toMatchObject({ kind: "invalid-argument", message });
  });
});

describe("mounts", () => {
  it("get a volume without a name where the image declares one and nothing else is there", async () => {
    const { mounts } = await decide({ binds: ["/x:/cache", "/only"], tmpfs: { "/tmp": "" } }, [
      "/cache",
      "/data/",
      "/tmp",
    ]);
    expect(mounts.map(({ destination, type, isAnonymous }) => [destination, type, isAnonymous === true])).toEqual([
      ["/cache", "bind", false],
      ["/only", "volume", true],
      ["/data", "volume", true],
    ]);
  });

  it.each<Partial<HostConfig>>([
    { binds: ["/x:/a", "/y:/a/"] },
    { binds: ["/x:/a"], mounts: [mount({})] },
    { binds: ["/x:/a"], tmpfs: { "/a": "" } },
  ])("have a place each: %j", async (host) => {
    await expect(decide(host)).rejects.toMatchObject({
      kind: "invalid-argument",
      message: "Duplicate mount point: /a",
    });
  });

  it("that fail leave no volume behind that nobody named", async () => {
    const volumes = testVolumes();
    const dropped: string[] = [];
    const ports = {
      volumes,
      containers: { get: () => ({ record: { mounts: [] } }) },
      exists: async () => true,
      prepareImage: async () => ({ source: "" }),
      dropImage: async (snapshot: string) => void dropped.push(snapshot),
    };
    const image = mount({ type: "image", source: "busybox", target: "/image" });
    const host = { binds: ["/anonymous", "data:/data"], mounts: [image, mount({ target: "/data" })], tmpfs: {} };
    await expect(decideMounts({ containerId: "c", host, declared: [] }, ports)).rejects.toThrow("Duplicate");
    expect(volumes.list().map(({ name }) => name)).toEqual(["data"]);
    expect(volumes.usersOf("data")).toEqual([]);
    expect(dropped).toEqual(["c.image2"]);
  });

  it("have clean paths", () => {
    expect(["/a//b/./c/..", "/../x", "/"].map(cleanPath)).toEqual(["/a/b", "/x", "/"]);
  });
});
