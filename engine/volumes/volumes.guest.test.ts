import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { call, type CallResult } from "../api/testing/api-call.ts";
import { openMemoryStorage } from "../content/browser-storage.ts";
import type { Engine } from "../engine-options.ts";
import { createEngine } from "../engine.ts";
import { createFileAssets } from "../node/file-assets.ts";
import { ShellSession } from "../testing/shell-session.ts";

const assets = createFileAssets(join(import.meta.dirname, "..", "..", "public"));
const storage = openMemoryStorage();
const JSON_TYPE = { "content-type": "application/json" };

let engine: Engine;
let shell: ShellSession;

beforeAll(async () => {
  engine = await createEngine({ assets, storage });
  shell = await ShellSession.open(engine);
  await post("/images/create?fromImage=busybox&tag=latest");
});
afterAll(() => engine[Symbol.asyncDispose]());

const post = (path: string, json?: unknown): Promise<CallResult> =>
  call(engine.fetch, `POST ${path}`, json === undefined ? {} : { headers: JSON_TYPE, json });
const messageOf = ({ json }: CallResult): string => (json as { message?: string })?.message ?? "";

interface Run {
  /** What it wrote, or why it did not start. */
  readonly output: string;
  readonly id: string;
  readonly status: number;
}

/** Runs busybox to its end. With a terminal, so that the log is plain text. */
async function run(host: object, command: string, config: object = {}): Promise<Run> {
  const body = { Image: "busybox", Cmd: ["sh", "-c", command], Tty: true, ...config, HostConfig: host };
  const created = await post("/containers/create", body);
  if (created.status !== 201) return { output: messageOf(created), id: "", status: created.status };
  const { Id: id } = created.json as { Id: string };
  const started = await post(`/containers/${id}/start`);
  if (started.status !== 204) return { output: messageOf(started), id, status: started.status };
  await post(`/containers/${id}/wait`);
  const { text } = await call(engine.fetch, `GET /containers/${id}/logs?stdout=1`);
  return { output: text.replaceAll("\r\n", "\n").trim(), id, status: 204 };
}

/** The mount at a place as the kernel lists it: what is mounted, its options, who sees it, the file system. */
const mountAt = (path: string): string => `grep " ${path} " /proc/self/mountinfo | cut -d" " -f4,6-`;
const mounted = async (host: object, path: string): Promise<string> => (await run(host, mountAt(path))).output;
const mountRequest = (fields: object): object => ({
  Mounts: [{ Type: "bind", Source: "/srv/a", Target: "/x", ...fields }],
});

describe("binds", () => {
  beforeAll(async () => {
    await shell.run("mkdir -p /srv/a/below /srv/b && echo file > /srv/b/file && mount -t tmpfs below /srv/a/below");
    await shell.run("touch /srv/a/below/inner && ln -s /srv/a /srv/link");
  });

  it("are there as the kernel has them", async () => {
    expect(await mounted({ Binds: ["/srv/a:/x"] }, "/x")).toMatch(/^\/srv\/a rw,/);
    expect(await mounted({ Binds: ["/srv/link:/x:ro"] }, "/x")).toMatch(/^\/srv\/a ro,/);
    expect(await mounted({ Binds: ["/srv/new/dir:/x"] }, "/x")).toMatch(/^\/srv\/new\/dir rw,/);
    expect((await shell.run("stat -c %a /srv/new/dir")).output).toContain("755");
  });

  it("are read-only with what is mounted below, unless it is asked otherwise", async () => {
    expect(await mounted({ Binds: ["/srv/a:/x:ro"] }, "/x/below")).toMatch(/^\/ ro,/);
    const outer = { BindOptions: { ReadOnlyNonRecursive: true }, ReadOnly: true };
    expect(await mounted(mountRequest(outer), "/x/below")).toMatch(/^\/ rw,/);
    expect(await mounted(mountRequest(outer), "/x")).toMatch(/^\/srv\/a ro,/);
    expect(await mounted(mountRequest({ BindOptions: { NonRecursive: true } }), "/x/below")).toBe("");
  });

  it("share what is mounted in them as far as it was asked", async () => {
    expect(await mounted({ Binds: ["/srv/a:/x:rshared"] }, "/x")).toContain("shared");
    expect(await mounted({ Binds: ["/srv/a:/x:rslave"] }, "/x")).toContain("master");
    expect(await mounted({ Binds: ["/srv/a:/x"] }, "/x")).not.toMatch(/shared|master/);
    const { id } = await run(
      { Binds: ["/srv/b:/x:rshared"], Privileged: true },
      "mkdir /x/m; mount -t tmpfs -o size=4k seen /x/m",
    );
    expect((await shell.run("grep -c '^seen /srv/b/m ' /proc/mounts")).output).toContain("1");
    await shell.run("umount /srv/b/m");
    await call(engine.fetch, `DELETE /containers/${id}`);
    await shell.run("mount --make-rprivate /srv/a/below");
    const refused = await run({ Binds: ["/srv/a/below:/x:rshared"] }, "true");
    expect([refused.status, refused.output]).toEqual([
      500,
      "path /srv/a/below is mounted on /srv/a/below but it is not a shared mount",
    ]);
  });

  it("of files and into files work, of a directory onto a file fails in runc's words", async () => {
    expect(
      (await run({ Binds: ["/srv/b/file:/etc/passwd", "/srv/b/file:/new/file"] }, "cat /etc/passwd /new/file")).output,
    ).toBe("file\nfile");
    const wrong = await run({ Binds: ["/srv/a:/etc/passwd"] }, "true");
    expect(wrong.status).toBe(400);
    expect(wrong.output).toContain('error mounting "/srv/a" to rootfs at "/etc/passwd": mount src=/srv/a');
    expect(wrong.output).toContain("Are you trying to mount a directory onto a file (or vice-versa)?");
  });

  it("are nested parents first, whatever their order", async () => {
    const host = { Binds: ["/srv/b:/x/y", "data:/x/y/z", "/srv/a:/x"] };
    const { output } = await run(host, `ls /x/y/file; ${mountAt("/x/y/z")}`);
    expect(output).toMatch(/^\/x\/y\/file\n\/.*volumes\/data\/_data rw/);
  });

  it("that --mount names must exist", async () => {
    const { status, output } = await run(mountRequest({ Source: "/srv/nope" }), "true");
    expect([status, output]).toEqual([
      400,
      'invalid mount config for type "bind": bind source path does not exist: /srv/nope',
    ]);
  });
});

describe("tmpfs", () => {
  it("has the options that were given, and the permissions of what it hides", async () => {
    const host = {
      Tmpfs: { "/t": "size=64k,mode=1770", "/root": "exec" },
      Mounts: [{ Type: "tmpfs", Target: "/var/spool", ReadOnly: true }],
    };
    const { output } = await run(
      host,
      "grep -E ' /(t|root|var/spool) ' /proc/mounts; stat -c '%n %a' /t /root /var/spool",
    );
    expect(output).toContain("tmpfs /t tmpfs rw,nosuid,nodev,noexec,relatime,size=64k,mode=1770");
    expect(output).toContain("tmpfs /root tmpfs rw,nosuid,nodev,relatime,mode=700");
    expect(output).toMatch(/tmpfs \/var\/spool tmpfs ro,/);
    expect(output).toContain("/t 1770\n/root 700\n/var/spool 755");
  });

  it("stays writable under a read-only root, as do volumes", async () => {
    const host = { ReadonlyRootfs: true, Tmpfs: { "/t": "" }, Binds: ["data:/v"] };
    const { output } = await run(host, "touch /x 2>/dev/null || echo read-only; touch /t/x && touch /v/x && echo fine");
    expect(output).toBe("read-only\nfine");
  });
});

describe("volumes", () => {
  it("begin with what the image has at their place, owner and permissions too", async () => {
    const { output } = await run({ Binds: ["etc:/etc"] }, "chown 7 /etc/group; ls -A /etc | grep -c .");
    expect(Number(output)).toBeGreaterThan(3);
    expect((await run({ Binds: ["etc:/x"] }, "stat -c %u /x/group")).output).toBe("7");
    expect((await run({ Binds: ["none:/etc:nocopy"] }, "ls /etc | grep -c passwd")).output).toBe("0");
    expect((await run({ Binds: ["root:/root"] }, "stat -c %a /root")).output).toBe("700");
  });

  it("with options are what mount(8) would make of them", async () => {
    await post("/volumes/create", { Name: "ram", DriverOpts: { type: "tmpfs", device: "tmpfs", o: "size=1m,uid=5" } });
    expect((await run({ Binds: ["ram:/x"] }, "grep ' /x ' /proc/mounts")).output).toContain("size=1024k,uid=5");
    await post("/volumes/create", { Name: "bound", DriverOpts: { type: "none", device: "/srv/b", o: "bind,ro" } });
    expect((await run({ Binds: ["bound:/x"] }, "cat /x/file; touch /x/y 2>/dev/null || echo read-only")).output).toBe(
      "file\nread-only",
    );
    expect((await shell.run("grep -c 'volumes/ram\\|volumes/bound' /proc/mounts")).output).toContain("0");
    await post("/volumes/create", { Name: "odd", DriverOpts: { type: "nosuchfs", device: "x", o: "" } });
    const { status, output } = await run({ Binds: ["odd:/x"] }, "true");
    expect([status, output]).toEqual([
      500,
      "error while mounting volume '/var/lib/docker/volumes/odd/_data': failed to mount local volume: mount x:/var/lib/docker/volumes/odd/_data: no such device",
    ]);
  });

  it("can be mounted in part, but nothing outside them", async () => {
    await run(
      { Binds: ["part:/x"] },
      "mkdir /x/sub; echo in > /x/sub/f; ln -s sub/f /x/inner; ln -s /etc /x/outer; ln -s ../../.. /x/up",
    );
    const part = (subpath: string, command: string): Promise<Run> =>
      run({ Mounts: [{ Type: "volume", Source: "part", Target: "/y", VolumeOptions: { Subpath: subpath } }] }, command);
    expect((await part("sub", "cat /y/f")).output).toBe("in");
    expect((await part("inner", "cat /y")).output).toBe("in");
    for (const escape of ["outer", "up"]) {
      expect(await part(escape, "true")).toMatchObject({
        status: 400,
        output: `path concatenation escapes the base directory, base: /var/lib/docker/volumes/part/_data, subpath: ${escape}`,
      });
    }
    expect((await part("none", "true")).status).toBe(404);
    expect((await shell.run("grep -c drydock/mounts /proc/mounts; ls /run/drydock/mounts | wc -l")).output).toMatch(
      /0\s+0/,
    );
  });

  it("of another container come with --volumes-from", async () => {
    const { id } = await run({ Binds: ["/srv/b:/b:ro", "data:/v"] }, "echo shared > /v/f");
    expect((await run({ VolumesFrom: [id.slice(0, 12)] }, "cat /b/file /v/f")).output).toBe("file\nshared");
    expect((await run({ VolumesFrom: [`${id}:ro`] }, "touch /v/x 2>/dev/null || echo read-only")).output).toBe(
      "read-only",
    );
  });

  it("that nobody named go with rm -v, others stay", async () => {
    const { id } = await run({ Binds: ["kept:/k"] }, "true", { Volumes: { "/anonymous": {} } });
    const inspected = await call(engine.fetch, `GET /containers/${id}/json`);
    const mounts = (inspected.json as { Mounts: { Name: string; Destination: string }[] }).Mounts;
    const anonymous = mounts.find(({ Destination }) => Destination === "/anonymous")?.Name ?? "";
    expect((await call(engine.fetch, `DELETE /volumes/${anonymous}`)).status).toBe(409);
    await call(engine.fetch, `DELETE /containers/${id}?v=1`);
    expect((await call(engine.fetch, `GET /volumes/${anonymous}`)).status).toBe(404);
    expect((await call(engine.fetch, "GET /volumes/kept")).status).toBe(200);
    expect((await shell.run(`ls /var/lib/docker/volumes | grep -c ${anonymous}`)).output).toContain("0");
  });
});

describe("images", () => {
  it("can be mounted, read-only, as often as the container is started", async () => {
    const host = { Mounts: [{ Type: "image", Source: "busybox", Target: "/x" }] };
    const { output, id } = await run(host, "touch /x/y 2>/dev/null || ls -d /x/bin/sh");
    expect(output).toBe("/x/bin/sh");
    expect((await post(`/containers/${id}/start`)).status).toBe(204);
    await post(`/containers/${id}/wait`);
    await call(engine.fetch, `DELETE /containers/${id}`);
    expect((await shell.run(`ls /var/lib/docker/overlay2 | grep -c ${id}`)).output).toContain("0");
  });
});

describe("after a reload", () => {
  it("volumes hold what was saved, with owners, links and times", async () => {
    const fill =
      "echo one > /x/f; chown 3:4 /x/f; ln /x/f /x/hard; ln -s f /x/soft; touch -d '2001-02-03 04:05:06' /x/f";
    await run({ Binds: ["lasting:/x"] }, fill);
    await post("/volumes/create", { Name: "named", Labels: { a: "b" } });
    await engine[Symbol.asyncDispose]();
    engine = await createEngine({ assets, storage });
    shell = await ShellSession.open(engine);
    const look = "cat /x/soft; stat -c '%u %g %h %Y' /x/hard";
    expect((await run({ Binds: ["lasting:/x"] }, look)).output).toBe("one\n3 4 2 981173106");
    expect((await call(engine.fetch, "GET /volumes/named")).json).toMatchObject({ Labels: { a: "b" } });
    expect((await run({ Binds: ["etc:/x"] }, "stat -c %u /x/group")).output).toBe("7");
  });
});
