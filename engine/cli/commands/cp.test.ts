import { describe, expect, it } from "vitest";
import type { EngineFetch } from "../../api/app.ts";
import { collect, collectText, decodeUtf8, encodeUtf8, streamOf } from "../../base/streams.ts";
import { guestFiles } from "../../guest-files.ts";
import { FakeGuest } from "../../guest/fake-guest.ts";
import { decodeTree } from "../../guest/tree.ts";
import { readTar } from "../../oci/layer-tar.ts";
import { type TarEntryFields, writeTar } from "../../oci/tar-writer.ts";
import { type CliResult, FakeTerminal } from "../testing/fake-terminal.ts";

const DIRECTORY = 2 ** 31;
const SYMLINK = 2 ** 27;

/** What the container has, as `HEAD …/archive` tells it. */
const PLACES: Readonly<Record<string, { mode: number; linkTarget?: string }>> = {
  "/etc": { mode: DIRECTORY },
  "/etc/.": { mode: DIRECTORY },
  "/etc/passwd": { mode: 0o644 },
  "/etc/link": { mode: SYMLINK, linkTarget: "passwd" },
  "/tmp": { mode: DIRECTORY },
  "/tmp/existing": { mode: 0o644 },
  "/linked": { mode: SYMLINK, linkTarget: "/tmp" },
};

const file = (path: string, text: string): { entry: TarEntryFields; content: ReadableStream<Uint8Array> } => ({
  entry: { path, size: encodeUtf8(text).length },
  content: streamOf(encodeUtf8(text)),
});
const directory = (path: string): { entry: TarEntryFields } => ({ entry: { path, type: "directory" } });

const ARCHIVES: Readonly<Record<string, () => Parameters<typeof writeTar>[0]>> = {
  "/etc": () => [directory("etc"), file("etc/passwd", "root")],
  "/etc/.": () => [directory(""), file("passwd", "root")],
  "/etc/passwd": () => [file("passwd", "root")],
  "/etc/link": () => [{ entry: { path: "link", type: "symlink", link: "passwd" } }],
};

class Scene {
  readonly guest = new FakeGuest();
  /** What was put into the container: `/tmp: file=hello`. */
  readonly put: string[] = [];

  constructor() {
    for (const path of ["/root", "/root/d", "/root/d/sub", "/root/target"])
      this.guest.files.put(path, { mode: 0o040_755 });
    const texts = { "/root/file": "hello", "/root/d/a": "aaa", "/root/d/sub/b": "bbb", "/root/exists": "old" };
    for (const [path, text] of Object.entries(texts)) this.guest.files.put(path, { data: encodeUtf8(text) });
    this.guest.files.put("/root/lnk", { mode: 0o120_777, target: "file" });
  }

  async docker(...argv: readonly string[]): Promise<CliResult> {
    return await new FakeTerminal(this.#fetch, { fileSystem: guestFiles(this.guest, "/root") }).docker("cp", ...argv);
  }

  /** Below /root: `new/passwd=root`. */
  async tree(path: string): Promise<readonly string[]> {
    const lines = [];
    for await (const entry of decodeTree(await this.guest.readTree(path)))
      lines.push(`${entry.path}=${entry.link || decodeUtf8(await collect(entry.content))}`);
    return lines.toSorted();
  }

  readonly #fetch: EngineFetch = async ({ method, query, body }) => {
    const path = query.get("path") ?? "";
    const place = PLACES[path];
    if (method === "PUT" && body) {
      const items = [];
      for await (const { entry, content } of readTar(body))
        items.push(
          `${entry.path}${entry.type === "directory" ? "/" : `=${entry.link || (await collectText(content))}`}`,
        );
      this.put.push(`${path}: ${items.join(" ")}`);
      return { status: 200, headers: new Map(), body: undefined };
    }
    if (place === undefined) {
      const message = JSON.stringify({ message: `Could not find the file ${path} in container c` });
      return { status: 404, headers: new Map(), body: streamOf(encodeUtf8(message)) };
    }
    const stat = btoa(JSON.stringify({ name: "", size: 0, linkTarget: "", ...place }));
    const archive = method === "GET" ? writeTar((ARCHIVES[path] as () => Parameters<typeof writeTar>[0])()) : undefined;
    return { status: 200, headers: new Map([["x-docker-container-path-stat", stat]]), body: archive };
  };
}

// What the real `docker cp` does with the same files and the same answers.
describe("docker cp out of a container", () => {
  it.each([
    ["c:/etc/passwd", "new", "/root/new", ["=root"]],
    ["c:/etc/passwd", "target", "/root/target", ["=", "passwd=root"]],
    ["c:/etc/passwd", "target/", "/root/target", ["=", "passwd=root"]],
    ["c:/etc/passwd", "exists", "/root/exists", ["=root"]],
    ["c:/etc/passwd", "lnk", "/root/file", ["=root"]],
    ["c:/etc", "new", "/root/new", ["=", "passwd=root"]],
    ["c:/etc", "target", "/root/target", ["=", "etc/passwd=root", "etc="]],
    ["c:/etc/.", "target", "/root/target", ["=", "passwd=root"]],
    ["c:/etc/.", "new", "/root/new", ["=", "passwd=root"]],
    ["c:/etc/link", "new", "/root/new", ["=passwd"]],
  ])("puts %s as %s", async (source, destination, place, tree) => {
    const scene = new Scene();
    expect(await scene.docker(source, destination)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    expect(await scene.tree(place)).toEqual(tree);
  });

  it("gives the file of a link the link's name with -L", async () => {
    const scene = new Scene();
    await scene.docker("-L", "c:/etc/link", "target");
    expect(await scene.tree("/root/target")).toEqual(["=", "link=root"]);
  });

  it("writes the tar file itself to stdout", async () => {
    const { stdout } = await new Scene().docker("c:/etc/passwd", "-");
    expect(stdout.slice(0, 6)).toBe("passwd");
    expect(stdout).toHaveLength(2048);
  });

  it("tells how much it was", async () => {
    const { stderr } = await new Scene().docker("-q=false", "c:/etc/passwd", "new");
    expect(stderr).toBe("Successfully copied 2.05kB to /root/new\n");
  });

  it.each([
    ["c:/nope", ".", "Error response from daemon: Could not find the file /nope in container c"],
    ["c:/etc/passwd", "none/", "no such directory"],
    ["c:/etc/passwd", "none/x", 'invalid output path: directory "/root/none" does not exist'],
    ["c:/etc", "exists", "cannot copy directory"],
    ["c:/a", "d:/b", "copying between containers is not supported"],
    ["a", "b", "must specify at least one container source"],
  ])("refuses %s to %s", async (source, destination, message) => {
    expect(await new Scene().docker(source, destination)).toEqual({ exitCode: 1, stdout: "", stderr: `${message}\n` });
  });
});

describe("docker cp into a container", () => {
  it.each([
    [["file", "c:/tmp"], "/tmp: file=hello"],
    [["file", "c:/tmp/new"], "/tmp: new=hello"],
    [["file", "c:/tmp/existing"], "/tmp: existing=hello"],
    [["file", "c:/linked"], "/tmp: file=hello"],
    [["d", "c:/tmp"], "/tmp: d/ d/a=aaa d/sub/ d/sub/b=bbb"],
    [["d", "c:/tmp/new"], "/tmp: new/ new/a=aaa new/sub/ new/sub/b=bbb"],
    [["d/.", "c:/tmp"], "/tmp: / a=aaa sub/ sub/b=bbb"],
    [["lnk", "c:/tmp"], "/tmp: lnk=file"],
    [["-L", "lnk", "c:/tmp"], "/tmp: lnk=hello"],
  ])("sends %j", async (words, put) => {
    const scene = new Scene();
    expect(await scene.docker(...words)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    expect(scene.put).toEqual([put]);
  });

  it.each([
    ["none", "c:/tmp", "lstat /root/none: no such file or directory"],
    ["file", "c:/tmp/none/", "no such directory"],
    ["d", "c:/tmp/existing", "cannot copy directory"],
    ["-", "c:/etc/passwd", 'destination "c:/etc/passwd" must be a directory'],
  ])("refuses %s to %s", async (source, destination, message) => {
    expect(await new Scene().docker(source, destination)).toEqual({ exitCode: 1, stdout: "", stderr: `${message}\n` });
  });
});
