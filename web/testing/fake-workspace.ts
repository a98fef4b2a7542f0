/** The workspace of the fake engine: files in memory behind the routes below `/drydock/workspace/`. */
import type { EngineRequest, EngineResponse } from "../../engine/index.ts";

const EXECUTABLE = 0o111;

export class FakeWorkspace {
  readonly files = new Map<string, { readonly bytes: Uint8Array; readonly mode: number; readonly version: number }>();
  readonly #directories = new Set<string>();
  readonly #followers = new Set<ReadableStreamDefaultController<Uint8Array>>();
  #version = 0;

  /** Undefined when the request is for something else. */
  async answer(request: EngineRequest): Promise<EngineResponse | undefined> {
    const { method, path, query } = request;
    const [, route] = /^\/drydock\/workspace\/(\w+)$/.exec(path) ?? [];
    if (route === undefined) return undefined;
    const name = query.get("path") ?? "";
    if (route === "files") return json({ Files: this.#list() });
    if (route === "rename") return this.#rename(query.get("from") ?? "", query.get("to") ?? "");
    if (route === "directory") return this.#makeDirectory(name);
    if (route === "events") return this.#events();
    if (route === "archive" && method === "GET") return bytes(this.#pack(name), 200, "application/x-tar");
    if (route === "archive" && method === "PUT") return this.#unpack(await bytesOf(request));
    if (route === "file" && method === "GET") return this.#read(name);
    if (route === "file" && method === "PUT") return this.#write(name, await bytesOf(request), request);
    if (route === "file" && method === "DELETE") return this.#remove(name);
    return json({ message: `the fake engine has no ${method} ${path}` }, 501);
  }

  /** As a program in the guest would: nothing is checked. */
  write(path: string, content: string): void {
    this.#put(path, new TextEncoder().encode(content), 0o644, "guest");
  }

  text(path: string): string | undefined {
    const file = this.files.get(path);
    return file && new TextDecoder().decode(file.bytes);
  }

  #list(): unknown[] {
    const row = (Path: string, Type: string, SizeBytes: number): unknown => ({
      Path,
      Type,
      SizeBytes,
      ModifiedMs: 1_760_000_000_000,
      Mode: 0o644,
    });
    return [
      ...[...this.#directories].map((path) => row(path, "directory", 0)),
      ...[...this.files].map(([path, file]) => row(path, "file", file.bytes.length)),
    ];
  }

  #makeDirectory(path: string): EngineResponse {
    this.#directories.add(path);
    this.#emit(path, "created");
    return { ...bytes(new Uint8Array()), status: 204 };
  }

  #rename(from: string, to: string): EngineResponse {
    const move = (path: string): string | undefined =>
      path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : undefined;
    for (const [path, file] of this.files) {
      const moved = move(path);
      if (moved === undefined) continue;
      this.files.delete(path);
      this.files.set(moved, file);
    }
    for (const path of this.#directories) {
      const moved = move(path);
      if (moved !== undefined && this.#directories.delete(path)) this.#directories.add(moved);
    }
    this.#emit(to, "renamed");
    return { ...bytes(new Uint8Array()), status: 204 };
  }

  #read(path: string): EngineResponse {
    const file = this.files.get(path);
    if (!file) return json({ message: `${path}: no such file or directory` }, 404);
    return { ...bytes(file.bytes), headers: new Map([["etag", `"${file.version}"`]]) };
  }

  #write(path: string, content: Uint8Array, { headers }: EngineRequest): EngineResponse {
    const expected = headers.get("if-match");
    const version = this.files.get(path)?.version;
    if (expected !== undefined && expected !== `"${version}"`) return json({ message: `${path}: has changed` }, 412);
    this.#put(path, content, 0o644);
    return { ...bytes(new Uint8Array()), status: 204, headers: new Map([["etag", `"${this.#version}"`]]) };
  }

  #remove(path: string): EngineResponse {
    const found = [...this.files.keys()].filter((each) => each === path || each.startsWith(`${path}/`));
    for (const each of found) this.files.delete(each);
    if (this.#directories.delete(path)) found.push(path);
    this.#emit(path, "removed");
    return found.length > 0 ? { ...bytes(new Uint8Array()), status: 204 } : json({ message: "no such file" }, 404);
  }

  /** Names and contents of a directory, in plain tar headers without sums. */
  #pack(directory: string): Uint8Array {
    const blocks: Uint8Array[] = [];
    for (const [path, { bytes: content }] of this.files) {
      if (directory !== "" && !path.startsWith(`${directory}/`)) continue;
      const header = new Uint8Array(512);
      header.set(new TextEncoder().encode(path));
      header.set(new TextEncoder().encode(content.length.toString(8).padStart(11, "0")), 124);
      blocks.push(header, content, new Uint8Array((512 - (content.length % 512)) % 512));
    }
    const tar = new Uint8Array(blocks.reduce((sum, each) => sum + each.length, 1024));
    let at = 0;
    for (const block of blocks) {
      tar.set(block, at);
      at += block.length;
    }
    return tar;
  }

  /** Plain headers and pax paths: what the page writes. */
  #unpack(tar: Uint8Array): EngineResponse {
    const text = (from: number, length: number): string =>
      new TextDecoder().decode(tar.subarray(from, from + length)).split("\0")[0] ?? "";
    let pax: string | undefined;
    for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
      const size = Number.parseInt(text(at + 124, 12), 8);
      const content = tar.slice(at + 512, at + 512 + size);
      if (text(at + 156, 1) === "x") pax = /^\d+ path=(.*)\n$/s.exec(new TextDecoder().decode(content))?.[1];
      else {
        this.#put(pax ?? text(at, 100), content, Number.parseInt(text(at + 100, 8), 8));
        pax = undefined;
      }
      at += 512 + Math.ceil(size / 512) * 512;
    }
    return { ...bytes(new Uint8Array()), status: 204 };
  }

  #put(path: string, content: Uint8Array, mode: number, origin = "api"): void {
    this.files.set(path, { bytes: content, mode, version: ++this.#version });
    this.#emit(path, "changed", origin);
  }

  isExecutable(path: string): boolean {
    return ((this.files.get(path)?.mode ?? 0) & EXECUTABLE) !== 0;
  }

  #events(): EngineResponse {
    let follower: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void this.#followers.add((follower = controller)),
      cancel: () => void this.#followers.delete(follower),
    });
    return { status: 200, headers: new Map([["content-type", "application/x-ndjson"]]), body };
  }

  #emit(Path: string, Kind: string, Origin = "api"): void {
    const line = new TextEncoder().encode(`${JSON.stringify({ Path, Kind, Origin })}\n`);
    for (const follower of this.#followers) follower.enqueue(line);
  }
}

async function bytesOf({ body }: EngineRequest): Promise<Uint8Array> {
  return body
    ? new Uint8Array(await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())
    : new Uint8Array();
}

function bytes(content: Uint8Array, status = 200, type = "application/octet-stream"): EngineResponse {
  return { status, headers: new Map([["content-type", type]]), body: new Blob([new Uint8Array(content)]).stream() };
}

const json = (value: unknown, status = 200): EngineResponse =>
  bytes(new TextEncoder().encode(JSON.stringify(value)), status, "application/json");
