import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openMemoryStorage } from "../content/browser-storage.ts";
import { createEngine } from "../engine.ts";
import type { Engine } from "../engine-options.ts";
import { FileTreeServer } from "../snapshots/nine-p-server.ts";
import { ShellSession } from "../testing/shell-session.ts";
import { createFileAssets } from "./file-assets.ts";
import { listenOnUnixSocket, type SocketServer } from "./socket-server.ts";
import { ask, RawClient, upgrade } from "./testing/raw-client.ts";

const publicDirectory = join(import.meta.dirname, "..", "..", "public");
const path = join(mkdtempSync(join(tmpdir(), "drydock-")), "engine.sock");

let engine: Engine;
let server: SocketServer;
let shell: ShellSession;
let files: FileTreeServer;

beforeAll(async () => {
  const add = vi.spyOn(FileTreeServer.prototype, "add");
  engine = await createEngine({ assets: createFileAssets(publicDirectory), storage: openMemoryStorage() });
  files = add.mock.contexts[0] as FileTreeServer;
  server = await listenOnUnixSocket(engine.fetch, path);
  shell = await ShellSession.open(engine);
  await ask(path, "POST /images/create?fromImage=busybox&tag=latest");
  // What the first container makes stays: the bridge, the cgroup above all.
  await remove(await start("first", { Cmd: ["true"] }));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

async function start(name: string, config: object): Promise<string> {
  const created = await ask(path, `POST /containers/create?name=${name}`, { Image: "busybox", ...config });
  expect(created).toMatchObject({ status: 201 });
  expect(await ask(path, `POST /containers/${name}/start`)).toMatchObject({ status: 204 });
  return name;
}

async function remove(name: string): Promise<void> {
  expect(await ask(path, `DELETE /containers/${name}?force=1`)).toMatchObject({ status: 204 });
}

/** Without a process of its own: bash counts what it globs. */
const COUNT = [
  "echo 3 >/proc/sys/vm/drop_caches",
  "shopt -s globstar nullglob",
  "processes=(/proc/[0-9]*) links=(/sys/class/net/*) cgroups=(/sys/fs/cgroup/**/cgroup.procs) agent=(/proc/1/fd/*)",
  "mapfile -t mounts </proc/mounts",
  "echo processes=${#processes[@]} links=${#links[@]} cgroups=${#cgroups[@]} agent=${#agent[@]} mounts=${#mounts[@]}",
].join("; ");

/** What the guest holds, read from its kernel, and what it holds of the file server. */
async function holdings(): Promise<Record<string, number>> {
  const { output } = await shell.run(COUNT);
  const numbers = [...output.matchAll(/(\w+)=(\d+)/g)].map(([, name, count]) => [name, Number(count)] as const);
  return { ...Object.fromEntries(numbers), fids: files.fidCount };
}

let before: Record<string, number>;
beforeEach(async () => {
  before = await holdings();
});

/** Nothing is left of what a test did. */
async function nothingLeft(): Promise<void> {
  await expect
    .poll(async () => await holdings(), { timeout: 20_000, interval: 500 })
    .toEqual({
      ...before,
      // The guest forgets files when it likes: never more than it had by much.
      fids: expect.toSatisfy((count: number) => count <= (before["fids"] ?? 0) + 8),
    });
}

describe("a client that vanishes", () => {
  it("leaves the container as it is, and nothing else behind, in the middle of any stream", async () => {
    await start("talker", { Cmd: ["sh", "-c", "while true; do echo line; sleep 0.05; done"] });
    const withContainer = await holdings();
    const exec = (
      await ask(path, "POST /containers/talker/exec", { Cmd: ["cat"], AttachStdin: true, AttachStdout: true })
    ).json;
    const streams = [
      "GET /events HTTP/1.1\nHost: x\n\n",
      "GET /containers/talker/logs?follow=1&stdout=1 HTTP/1.1\nHost: x\n\n",
      "POST /containers/talker/wait HTTP/1.1\nHost: x\n\n",
      "GET /containers/talker/stats HTTP/1.1\nHost: x\n\n",
      "POST /images/create?fromImage=debian&tag=latest HTTP/1.1\nHost: x\nContent-Length: 0\n\n",
      upgrade("POST /containers/talker/attach?stream=1&stdout=1"),
      upgrade("POST /containers/talker/attach?stream=1&stdin=1&stdout=1"),
      upgrade(`POST /exec/${(exec as { Id: string }).Id}/start`, {}),
    ];
    for (const request of streams) {
      const client = new RawClient(path, request);
      await client.until(/^HTTP\/1.1 (?:200 OK|101 UPGRADED)\r\n[^]*?\r\n\r\n/);
      client.socket.destroy();
    }
    await expect.poll(holdings, { timeout: 10_000 }).toMatchObject({ cgroups: withContainer["cgroups"] });
    expect((await ask(path, "GET /containers/talker/json")).json).toMatchObject({ State: { Running: true } });
    await remove("talker");
    await nothingLeft();
    expect((await ask(path, "GET /info")).json).toMatchObject({ NEventsListener: 0, Images: 1 });
  });

  it("half-way through an upload ends the request", async () => {
    for (let turn = 0; turn < 20; turn++) {
      const client = new RawClient(
        path,
        "POST /containers/create HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 1000\n\n{",
      );
      await new Promise((resolve) => client.socket.once("connect", resolve));
      client.socket.destroy();
    }
    expect(await ask(path, "GET /_ping")).toMatchObject({ status: 200, text: "OK" });
    await nothingLeft();
  });
});

describe("a half-closed client", () => {
  it("has given an exec all its input and still gets all its output", async () => {
    await start("half", { Cmd: ["sleep", "1000"] });
    const { json } = await ask(path, "POST /containers/half/exec", {
      Cmd: ["sh", "-c", "cat; sleep 0.3; echo end"],
      AttachStdin: true,
      AttachStdout: true,
    });
    const client = new RawClient(path, upgrade(`POST /exec/${(json as { Id: string }).Id}/start`, {}));
    client.socket.end("input\n");
    const text = await client.rest();
    expect(text).toContain("input\n");
    expect(text).toContain("end\n");
    await remove("half");
    await nothingLeft();
  });
});

describe("a slow reader", () => {
  it("of an exec holds the process up, and what it did not read is not kept in memory", async () => {
    await start("slow", { Cmd: ["sleep", "1000"] });
    const { json } = await ask(path, "POST /containers/slow/exec", {
      Cmd: ["sh", "-c", "head -c 6000000 /dev/zero; echo done >/done"],
      AttachStdout: true,
    });
    const client = new RawClient(path, upgrade(`POST /exec/${(json as { Id: string }).Id}/start`, {}));
    await client.until(/101 UPGRADED/);
    client.socket.pause();
    await shell.run("sleep 1");
    const isDone = async (): Promise<string> =>
      (await shell.run("cat $(docker inspect -f '{{.GraphDriver.Data.UpperDir}}' slow)/done")).output;
    expect(await isDone()).not.toContain("done\n");
    client.socket.resume();
    await client.rest();
    expect(client.byteCount).toBeGreaterThan(6_000_000);
    await remove("slow");
    await nothingLeft();
  }, 120_000);
});

describe("/var/run/docker.sock in the guest", () => {
  it("is root's and the docker group's, and answers curl", async () => {
    expect((await shell.run("stat -c '%F %a %U:%G' /var/run/docker.sock")).output).toBe("socket 660 root:docker\n");
    const { output } = await shell.run("curl -s --unix-socket /var/run/docker.sock http://docker/v1.44/_ping");
    expect(output).toContain("OK");
  });

  it("notices a client that is killed", async () => {
    const info = async (): Promise<unknown> => (await ask(path, "GET /info")).json;
    await shell.run("curl -sN --unix-socket /var/run/docker.sock http://docker/events &");
    await expect.poll(info, { timeout: 10_000 }).toMatchObject({ NEventsListener: 1 });
    await shell.run("kill -9 $!; wait");
    await expect.poll(info, { timeout: 10_000 }).toMatchObject({ NEventsListener: 0 });
    await nothingLeft();
  });

  it("answers a container that it was given to, also over a connection that is taken over", async () => {
    const socket = "/var/run/docker.sock";
    await start("inside", {
      Cmd: ["sleep", "1000"],
      HostConfig: { Binds: [`${socket}:${socket}`, "/usr/bin/curl:/curl:ro"] },
    });
    const containers = await shell.run(`docker exec inside /curl -s --unix-socket ${socket} http://d/containers/json`);
    expect(JSON.parse(containers.output)).toMatchObject([{ Names: ["/inside"] }]);
    const create = `-d '{"Cmd":["echo","from the inside"],"AttachStdout":true,"Tty":true}'`;
    const curl = `/curl -s --unix-socket ${socket} -H content-type:application/json`;
    const { output } = await shell.run(
      `docker exec inside ${curl} ${create} http://d/containers/inside/exec >/tmp/exec && ` +
        `docker exec inside ${curl} --no-buffer -d '{"Tty":true}' http://d/exec/$(sed 's/.*:"//; s/".*//' /tmp/exec)/start; rm /tmp/exec`,
    );
    expect(output).toContain("from the inside");
    await remove("inside");
    await nothingLeft();
  }, 60_000);
});

describe("a web socket", () => {
  it("is attached to a container: what it says is input, both outputs come back", async () => {
    await start("socket", { Cmd: ["sh", "-c", "cat; echo bye >&2"], OpenStdin: true, StdinOnce: true });
    const client = new RawClient(
      path,
      "GET /containers/socket/attach/ws?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\nHost: x\nConnection: Upgrade\n" +
        "Upgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n",
    );
    await client.until(/101 Switching Protocols/);
    const mask = [1, 2, 3, 4];
    const text = [...Buffer.from("hello")].map((byte, index) => byte ^ (mask[index % 4] as number));
    client.socket.write(Buffer.from([0x81, 0x85, ...mask, ...text]));
    expect((await client.until(/hello/)).endsWith("\x82\x05hello")).toBe(true);
    await ask(path, "POST /containers/socket/kill");
    expect(await client.rest()).toContain("\x88\x02\x03\xe8");
    await remove("socket");
    await nothingLeft();
  });
});

describe("many at once", () => {
  it("a hundred exec sessions, all open, each with its own input and output", async () => {
    await start("many", { Cmd: ["sleep", "1000"] });
    const clients = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const { json } = await ask(path, "POST /containers/many/exec", {
          Cmd: ["cat"],
          AttachStdin: true,
          AttachStdout: true,
        });
        const client = new RawClient(path, upgrade(`POST /exec/${(json as { Id: string }).Id}/start`, {}));
        await client.until(/101 UPGRADED/);
        client.socket.write(`session ${index};`);
        await client.until(new RegExp(`session ${index};`));
        return client;
      }),
    );
    expect((await holdings())["processes"]).toBeGreaterThanOrEqual((before["processes"] ?? 0) + 101);
    for (const client of clients) client.socket.end();
    await Promise.all(clients.map((client) => client.rest()));
    await remove("many");
    await nothingLeft();
  }, 120_000);

  it("64 containers, started at once, and gone without a trace", async () => {
    const names = Array.from({ length: 64 }, (_, index) => `c${index}`);
    await Promise.all(names.map((name) => start(name, { Cmd: ["sleep", "1000"] })));
    expect((await ask(path, "GET /containers/json")).json).toHaveLength(64);
    expect((await holdings())["links"]).toBe((before["links"] ?? 0) + 64);
    await Promise.all(names.map((name) => remove(name)));
    await nothingLeft();
  }, 120_000);
});
