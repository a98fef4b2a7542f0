import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = join(import.meta.dirname, "../../..");

/** `npm run engine` as its users have it: a process of its own, reached over its socket alone. */
export interface EngineProcess extends AsyncDisposable {
  readonly socket: string;
  /** What a client is told: `unix:///…`. */
  readonly host: string;
}

/** With `CONFORMANCE_SOCKET` the tests talk to the engine there, a real Docker daemon for one: what fails then is the test. */
export async function startEngine(...options: readonly string[]): Promise<EngineProcess> {
  const given = process.env["CONFORMANCE_SOCKET"];
  if (given !== undefined)
    return { socket: given, host: `unix://${given}`, [Symbol.asyncDispose]: () => Promise.resolve() };
  const directory = mkdtempSync(join(tmpdir(), "drydock-"));
  const socket = join(directory, "docker.sock");
  const args = ["--import", "tsx", "engine/node/main.ts", "--socket", socket, "--data", "memory", ...options];
  const engine = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(engine, "exit");
  const ready = once(createInterface(engine.stdout), "line");
  await Promise.race([ready, ended.then(() => Promise.reject(new Error("the engine ended before it was ready")))]);
  return {
    socket,
    host: `unix://${socket}`,
    async [Symbol.asyncDispose]() {
      engine.kill("SIGTERM");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
