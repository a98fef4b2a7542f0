import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");

function get(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path }, (response) => void json(response).then(resolve, reject));
    sent.on("error", reject).end();
  });
}

it("serves the API on a unix socket, says when it is ready, and ends cleanly on SIGTERM", async () => {
  const socket = join(mkdtempSync(join(tmpdir(), "drydock-")), "engine.sock");
  const args = ["--import", "tsx", "engine/node/main.ts", "--socket", socket, "--data", "memory"];
  const engine = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(engine, "exit");
  try {
    const [line] = (await once(createInterface(engine.stdout), "line")) as [string];
    expect(line).toContain(`unix://${socket}`);
    expect(await get(socket, "/version")).toMatchObject({ ApiVersion: "1.50", Os: "linux", Arch: "386" });
    expect(await get(socket, "/v1.24/containers/json?all=1")).toEqual([]);
    expect(await get(socket, "/no/such/path")).toEqual({ message: "page not found" });
  } finally {
    engine.kill("SIGTERM");
  }
  expect(await ended).toEqual([0, null]);
  expect(existsSync(socket)).toBe(false);
});
