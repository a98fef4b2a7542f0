/** `/root/workspace` with a real kernel on it: the guest, the API and storage have the same files. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "./base/clock.ts";
import { call, open } from "./api/testing/api-call.ts";
import { collect, collectText, concat, encodeUtf8, streamOf } from "./base/streams.ts";
import { openMemoryStorage } from "./content/browser-storage.ts";
import { createEngine } from "./engine.ts";
import type { Engine } from "./engine-options.ts";
import { createFileAssets } from "./node/file-assets.ts";
import { ShellSession } from "./testing/shell-session.ts";
import { writeTar } from "./oci/tar-writer.ts";
import type { WireWorkspaceEvent, WireWorkspaceFiles } from "./wire/workspace.ts";

const assets = createFileAssets(join(import.meta.dirname, "..", "public"));
const storage = openMemoryStorage();
let engine: Engine;

beforeAll(async () => {
  engine = await createEngine({ assets, storage });
  await run("docker pull -q busybox");
});
afterAll(() => engine[Symbol.asyncDispose]());

/** What a command says. @throws when it fails */
async function run(command: string, on = engine): Promise<string> {
  const { output, exited } = await on.runCommand({ command, directory: "/root/workspace" });
  const late = systemClock.sleep(60_000).then(() => Promise.reject(new Error(`${command}: does not end`)));
  const [text, { code }] = await Promise.race([Promise.all([collectText(output), exited]), late]);
  if (code !== 0) throw new Error(`${command}: exit ${code}: ${text}`);
  return text;
}

async function put(path: string, text: string, on = engine): Promise<void> {
  const { status, text: answer } = await call(on.fetch, `PUT /drydock/workspace/file?path=${path}`, { text });
  if (status !== 204) throw new Error(`${path}: ${status} ${answer}`);
}

async function get(path: string, on = engine): Promise<string> {
  const { status, text } = await call(on.fetch, `GET /drydock/workspace/file?path=${encodeURIComponent(path)}`);
  return status === 200 ? text : `${status} ${text.trim()}`;
}

async function list(on = engine): Promise<WireWorkspaceFiles["Files"]> {
  return ((await call(on.fetch, "GET /drydock/workspace/files")).json as WireWorkspaceFiles).Files;
}

describe("the workspace", () => {
  it("has an example in it, which the page and the shell both see", async () => {
    expect(await run("ls; head -1 Dockerfile")).toBe("Dockerfile\nindex.html\n# A web page in a container:\n");
    expect((await list()).map(({ Path }) => Path)).toEqual(["Dockerfile", "index.html"]);
  });

  it("shows what the page writes to the shell at once: content, size, time, new and removed files", async () => {
    await put("page.txt", "one\n");
    expect(await run("cat page.txt; stat -c '%s %a %u' page.txt")).toBe("one\n4 644 0\n");
    await put("page.txt", "two, longer\n");
    const before = Number(await run("date +%s"));
    const [content = "", status = ""] = (await run("cat page.txt; stat -c '%s %Y' page.txt")).split("\n");
    expect(content).toBe("two, longer");
    const [size, time] = status.split(" ").map(Number);
    expect(size).toBe(12);
    expect(Math.abs((time ?? 0) - before)).toBeLessThan(5);
    await put("deep/er/x", "x");
    expect(await run("find deep")).toBe("deep\ndeep/er\ndeep/er/x\n");
    await call(engine.fetch, "DELETE /drydock/workspace/file?path=deep");
    expect(await run("ls")).toBe("Dockerfile\nindex.html\npage.txt\n");
  });

  it("shows what the page writes to those who have the file open", async () => {
    await put("log", "first\n");
    const follow = await engine.runCommand({ command: "tail -n +1 -f log", directory: "/root/workspace" });
    const reader = follow.output.getReader();
    let seen = "";
    const until = async (text: string): Promise<void> => {
      while (!seen.includes(text)) seen += new TextDecoder().decode((await reader.read()).value);
    };
    await until("first\n");
    await put("log", "first\nsecond\n");
    await until("second\n");
    expect(seen).toBe("first\nsecond\n");
    expect(await run("cat log")).toBe("first\nsecond\n");
    await follow.kill();
  });

  it("shows what the shell writes to the page, and tells of it", async () => {
    const gone = new AbortController();
    const { body } = await open(engine.fetch, "GET /drydock/workspace/events", { signal: gone.signal });
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await run("mkdir made && echo from the guest > made/file && ln -s file made/link && mv made/file made/moved");
    expect(await get("made/moved")).toBe("from the guest\n");
    const events: WireWorkspaceEvent[] = [];
    while (!events.some(({ Kind }) => Kind === "renamed")) {
      const text = new TextDecoder().decode((await reader.read()).value);
      for (const line of text.trim().split("\n")) events.push(JSON.parse(line) as WireWorkspaceEvent);
    }
    expect(events).toContainEqual({ Path: "made", Kind: "created", Origin: "guest" });
    expect(events).toContainEqual({ Path: "made/moved", Kind: "renamed", Origin: "guest", From: "made/file" });
    gone.abort();
    const made = (await list()).filter(({ Path }) => Path.startsWith("made/"));
    expect(made).toMatchObject([
      { Path: "made/link", Type: "symlink", Target: "file" },
      { Path: "made/moved", Type: "file", SizeBytes: 15, Mode: 0o644 },
    ]);
  });

  it("is a file system on which editors, tar, cp and the like work", async () => {
    await run(`
      set -e
      # As editors save: a new file takes the old one's place.
      echo old > saved; echo new > .saved.swp; chmod 600 .saved.swp; mv .saved.swp saved; [ "$(cat saved)" = new ]
      # As git locks: only one may make it.
      (set -C; echo 1 > index.lock); if (set -C; echo 2 > index.lock) 2>/dev/null; then exit 9; fi; mv index.lock index
      # Removed but open.
      exec 3<> gone; rm gone; echo still here >&3; [ ! -e gone ]; exec 3>&-
      # Modes, owners, times, links, pipes, long names.
      touch -d '2001-02-03 04:05:06' times; [ "$(stat -c %Y times)" = 981173106 ]
      chown 12:34 times; chmod 4711 times; [ "$(stat -c '%u %g %a' times)" = '12 34 4711' ]
      ln times again; [ "$(stat -c %h times)" = 2 ]; rm times; [ "$(stat -c %h again)" = 1 ]
      mkfifo pipe; (echo through > pipe &); [ "$(cat pipe)" = through ]
      if mknod device c 1 3 2>/dev/null; then exit 9; fi
      long=$(printf '%255s' x | tr ' ' a); touch $long; rm $long; if touch a$long 2>/dev/null; then exit 9; fi
      mkdir d; touch d/f; if rmdir d 2>/dev/null; then exit 9; fi; if mv d d/e 2>/dev/null; then exit 9; fi
      # Holes, appending, cutting.
      dd if=/dev/zero of=hole bs=1 count=1 seek=300000 2>/dev/null; [ "$(stat -c %s hole)" = 300001 ]
      (echo a; echo b) > lines; echo c >> lines; truncate -s 4 lines; echo d >> lines; [ "$(tr -d '\\n' < lines)" = abd ]
      # Programs run from here: they are mapped.
      mkdir bin; cp /bin/busybox bin/busybox; [ "$(bin/busybox echo mapped)" = mapped ]
    `);
    await run(`
      set -e
      mkdir /tmp/many; cd /tmp/many; for i in $(seq 200); do echo "file $i" > f$i; done; ln f1 hard; ln -s f2 soft
      tar cf /tmp/many.tar .; mkdir /root/workspace/many; cd /root/workspace/many; tar xf /tmp/many.tar
      cp -a . ../copy; diff -r . ../copy; [ "$(readlink ../copy/soft)" = f2 ]; [ "$(stat -c %h ../copy/hard)" = 2 ]
      [ "$(cat f200)" = "file 200" ]; rm -r ../copy; [ ! -e ../copy ]
    `);
    expect((await list()).filter(({ Path }) => Path.startsWith("many/"))).toHaveLength(202);
    await run("rm -r many /tmp/many");
  });

  it("is where vi saves", async () => {
    await using shell = await ShellSession.open(engine);
    await put("letter", "Dear\n");
    await shell.type("vi workspace/letter\n");
    await shell.waitFor(/Dear/);
    await shell.type("oReader");
    await shell.waitFor(/Reader/);
    // vi takes what comes right behind an escape for a function key.
    await shell.type("\u001b");
    await systemClock.sleep(500);
    await shell.type(":wq\n");
    await expect.poll(() => get("letter")).toBe("Dear\nReader\n");
  });

  it("says no space when it is full, and works on when there is room again", async () => {
    await put("most", "\0".repeat(250 << 20));
    const output = await run(
      "dd if=/dev/zero of=full bs=64k count=200 2>&1; stat -c %s full; rm full most; echo room > room; cat room",
    );
    expect(output).toMatch(/No space left on device/);
    expect(output).toMatch(/\n[56]\d{6}\nroom\n$/);
  });
});

describe("with docker", () => {
  it("is a bind mount that both sides write, as a directory and as one file", async () => {
    await put("site/index.html", "one");
    await put("page.txt", "one");
    await run(
      "docker run -d --name web -v /root/workspace/site:/www -v /root/workspace/page.txt:/page busybox httpd -f -h /www",
    );
    expect(await run("docker exec web cat /www/index.html")).toBe("one");
    await put("site/index.html", "two");
    await put("page.txt", "changed");
    expect(await run("docker exec web cat /www/index.html /page")).toBe("twochanged");
    await run("docker exec web sh -c 'echo made inside > /www/inside'");
    expect(await get("site/inside")).toBe("made inside\n");
    expect(await run("docker run --rm -u 1000:1000 -v /root/workspace:/w busybox sh -c 'touch /w/x'; true")).toContain(
      "Permission denied",
    );
    await run(
      "mkdir open; chmod 1777 open; docker run --rm -u 1000:50 -v /root/workspace/open:/w busybox touch /w/mine",
    );
    expect(await run("stat -c '%u %g' open/mine")).toBe("1000 50\n");
    await run("docker rm -f web");
  });

  it("is where docker cp reads and writes", async () => {
    await run(
      "docker create --name box busybox true; docker cp site box:/tmp/site; docker cp box:/tmp/site/index.html copied",
    );
    expect(await get("copied")).toBe("two");
    await run(
      "ln -s /etc/hostname outside; docker cp -L outside box:/tmp/h; docker cp box:/tmp/h back; cmp back /etc/hostname",
    );
    await run("docker rm box; rm outside");
  });

  it("does not read past what somebody mounted into it", async () => {
    await put("mounted/file", "below");
    await run("mount -t tmpfs none mounted; echo above > mounted/file");
    await run(
      "docker create --name box busybox true; docker cp mounted/file box:/tmp/file; docker cp box:/tmp/file taken",
    );
    expect(await get("taken")).toBe("above\n");
    await run("umount mounted; docker rm box");
  });
});

describe("over the API", () => {
  it("takes and gives whole directories as tar files", async () => {
    const tar = writeTar([
      { entry: { path: "sub", type: "directory", mode: 0o700 } },
      { entry: { path: "sub/a", size: 3, mode: 0o755 }, content: streamOf(encodeUtf8("abc")) },
    ]);
    expect((await call(engine.fetch, "PUT /drydock/workspace/archive?path=unpacked", { body: tar })).status).toBe(204);
    expect(await run("stat -c '%n %a' unpacked/sub unpacked/sub/a; cat unpacked/sub/a")).toBe(
      "unpacked/sub 700\nunpacked/sub/a 755\nabc",
    );
    const { body } = await open(engine.fetch, "GET /drydock/workspace/archive?path=unpacked");
    await put("all.tar", "");
    await call(engine.fetch, "PUT /drydock/workspace/file?path=all.tar", {
      body: streamOf(await collect(body as ReadableStream<Uint8Array>)),
    });
    expect(await run("tar tf all.tar")).toBe("./\nsub/\nsub/a\n");
  });
});

describe("a later engine on the same storage", () => {
  it("has the same files, and not those of another name", async () => {
    await put("kept", "kept\n");
    const bytes = concat(Array.from({ length: 300 }, (_, at) => new Uint8Array(1000).fill(at)));
    await call(engine.fetch, "PUT /drydock/workspace/file?path=bytes", { body: streamOf(bytes) });
    await run(
      "mkdir -p dir/sub; echo guest > dir/sub/file; chmod 640 dir/sub/file; ln dir/sub/file dir/hard; ln -s kept link",
    );
    const names = (await list()).map(({ Path }) => Path);
    const sum = await run("md5sum bytes");
    await engine[Symbol.asyncDispose]();
    engine = await createEngine({ assets, storage });
    expect((await list()).map(({ Path }) => Path)).toEqual(names);
    expect(await run("cat kept link dir/sub/file; stat -c '%a %h' dir/hard; readlink link; md5sum bytes")).toBe(
      `kept\nkept\nguest\n640 2\nkept\n${sum}`,
    );
    await using other = await createEngine({ assets, storage, workspace: "another" });
    expect(await list(other)).toEqual([]);
  });
});
