import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { json, text } from "node:stream/consumers";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");

function get(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path }, (response) => void json(response).then(resolve, reject));
    sent.on("error", reject).end();
  });
}

it("refuses a TCP address that other machines reach, before it boots", async () => {
  const args = ["--import", "tsx", "engine/node/main.ts", "--tcp", "0.0.0.0:2375", "--data", "memory"];
  const engine = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(engine, "exit");
  expect(await text(engine.stderr)).toContain("--tcp 0.0.0.0:2375: the API has no authentication");
  expect(await ended).toEqual([1, null]);
});

it("serves the API on a unix socket and a loopback port, says when it is ready, and ends cleanly on SIGTERM", async () => {
  const socket = join(mkdtempSync(join(tmpdir(), "drydock-")), "engine.sock");
  const doors = ["--socket", socket, "--tcp", "127.0.0.1:0"];
  const args = ["--import", "tsx", "engine/node/main.ts", ...doors, "--data", "memory"];
  const engine = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(engine, "exit");
  try {
    const lines = createInterface(engine.stdout)[Symbol.asyncIterator]();
    const port = /tcp:\/\/127\.0\.0\.1:(\d+) /.exec((await lines.next()).value ?? "")?.[1];
    expect((await lines.next()).value).toContain(`unix://${socket}`);
    expect(await (await fetch(`http://127.0.0.1:${port}/_ping`)).text()).toBe("OK");
    expect(await get(socket, "/version")).toMatchObject({ ApiVersion: "1.50", Os: "linux", Arch: "386" });
    expect(await get(socket, "/v1.24/containers/json?all=1")).toEqual([]);
    expect(await get(socket, "/no/such/path")).toEqual({ message: "page not found" });
  } finally {
    engine.kill("SIGTERM");
  }
  expect(await ended).toEqual([0, null]);
  expect(existsSync(socket)).toBe(false);
});
