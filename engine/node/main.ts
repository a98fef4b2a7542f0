/**
 * The engine under Node: `npm run engine -- --socket PATH`. Prints one line when it is ready, ends cleanly on SIGTERM and SIGINT.
 */
import { rm } from "node:fs/promises";
import type { Server } from "node:http";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { messageOf } from "../base/errors.ts";
import { createEngine } from "../engine.ts";
import { createFileAssets } from "./file-assets.ts";
import { openFileStorage } from "./storage.ts";
import { createSocketServer } from "./socket-server.ts";

const USAGE = `Usage: npm run engine -- --socket PATH [options]

  --socket PATH    serve the Docker Engine API on this unix socket
  --data DIR       where images and records are kept (default: ~/.local/share/drydock; "memory" keeps nothing)
  --cold           boot the kernel instead of restoring the boot snapshot
`;

const publicDirectory = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "public");

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      socket: { type: "string" },
      data: { type: "string" },
      cold: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true || values.socket === undefined) {
    console.error(USAGE);
    return values.help === true ? 0 : 2;
  }
  const data = values.data ?? join(homedir(), ".local", "share", "drydock");
  await using engine = await createEngine({
    assets: createFileAssets(publicDirectory),
    storage: await openFileStorage(data),
    coldBoot: values.cold === true,
  });
  const server = createSocketServer(engine.fetch);
  const ended = Promise.race([
    signalled(),
    engine.died.then((death) => `the guest died (${death.reason}): ${death.detail}`),
  ]);
  await rm(values.socket, { force: true });
  await listen(server, values.socket);
  console.log(
    `drydock: API on unix://${values.socket} (${engine.boot.from === "snapshot" ? "restored" : "booted"} in ${Math.round(engine.boot.milliseconds)} ms)`,
  );
  const death = await ended;
  server.closeAllConnections();
  server.close();
  await rm(values.socket, { force: true });
  if (death === undefined) return 0;
  console.error(`drydock: ${death}`);
  return 1;
}

function signalled(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(undefined));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => resolve());
  });
}

try {
  process.exit(await main());
} catch (error) {
  console.error(`drydock: ${messageOf(error)}`);
  process.exit(1);
}
