/**
 * The engine under Node: `npm run engine -- --socket PATH`. Prints one line for each door when it is open, ends cleanly on SIGTERM and
 * SIGINT.
 */
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import type { AddressInfo } from "node:net";
import { Disposals } from "../base/disposal.ts";
import { EngineError, messageOf } from "../base/errors.ts";
import { validateLogConfig } from "../containers/log-config.ts";
import type { EngineOptions } from "../engine-options.ts";
import { createEngine } from "../engine.ts";
import { isLoopback } from "../http/browser-guard.ts";
import { createFileAssets } from "./file-assets.ts";
import { forwardPublishedPorts } from "./published-ports.ts";
import { openFileStorage } from "./storage.ts";
import { listenOnLoopback, listenOnUnixSocket, parseLoopbackAddress } from "./socket-server.ts";

const USAGE = `Usage: npm run engine -- --socket PATH [options]

  --socket PATH    serve the Docker Engine API on this unix socket
  --tcp HOST:PORT  serve it on a loopback port too, for DOCKER_HOST=tcp://127.0.0.1:2375 (there is no authentication)
  --publish-host ADDRESS    where ports of containers are reachable on this machine (default: 127.0.0.1; "none": nowhere)
  --data DIR       where images and records are kept (default: ~/.local/share/drydock; "memory" keeps nothing)
  --registry-mirror URL     ask this registry first for images of docker.io; may be given several times
  --insecure-registry HOST  HOST[:PORT] or a range of addresses that may be asked without TLS (127.0.0.0/8 always may)
  --log-driver NAME, --log-opt KEY=VALUE  how containers that do not say keep what they print (default: json-file)
  --cold           boot the kernel instead of restoring the boot snapshot
`;

const publicDirectory = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "public");

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      socket: { type: "string" },
      tcp: { type: "string" },
      data: { type: "string" },
      "publish-host": { type: "string", default: "127.0.0.1" },
      cold: { type: "boolean" },
      "registry-mirror": { type: "string", multiple: true },
      "insecure-registry": { type: "string", multiple: true },
      "log-driver": { type: "string", default: "json-file" },
      "log-opt": { type: "string", multiple: true },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true || (values.socket === undefined && values.tcp === undefined)) {
    console.error(USAGE);
    return values.help === true ? 0 : 2;
  }
  // Before the machine boots: a wrong one ends here.
  if (values.tcp !== undefined) parseLoopbackAddress(values.tcp);
  const data = values.data ?? join(homedir(), ".local", "share", "drydock");
  await using engine = await createEngine({
    assets: createFileAssets(publicDirectory, { insecureRegistries: values["insecure-registry"] ?? [] }),
    storage: await openFileStorage(data),
    coldBoot: values.cold === true,
    registries: {
      mirrors: (values["registry-mirror"] ?? []).map(checkedMirror),
      insecure: values["insecure-registry"] ?? [],
    },
    log: checkedLogConfig(values["log-driver"], values["log-opt"] ?? []),
  });
  const ended = Promise.race([
    signalled(),
    engine.died.then((death) => `the guest died (${death.reason}): ${death.detail}`),
  ]);
  await using doors = new Disposals();
  if (values["publish-host"] !== "none") {
    const host = checkedPublishHost(values["publish-host"]);
    doors.use(forwardPublishedPorts(engine.ports, { host, report: (line) => console.error(`drydock: ${line}`) }));
  }
  const start = `${engine.boot.from === "snapshot" ? "restored" : "booted"} in ${Math.round(engine.boot.milliseconds)} ms`;
  if (values.tcp !== undefined) {
    const { server } = doors.use(await listenOnLoopback(engine.fetch, values.tcp));
    const { address, family, port } = server.address() as AddressInfo;
    console.log(`drydock: API on tcp://${family === "IPv6" ? `[${address}]` : address}:${port} (${start})`);
  }
  if (values.socket !== undefined) {
    doors.use(await listenOnUnixSocket(engine.fetch, values.socket));
    console.log(`drydock: API on unix://${values.socket} (${start})`);
  }
  const death = await ended;
  if (death === undefined) return 0;
  console.error(`drydock: ${death}`);
  return 1;
}

/** @throws EngineError invalid-argument for an address that other machines reach */
function checkedPublishHost(host: string): string {
  if (isLoopback(host)) return host;
  throw new EngineError("invalid-argument", `--publish-host ${host}: ports are opened on the loopback interface only`);
}

/** @throws EngineError invalid-argument, in Docker's words */
function checkedLogConfig(driver: string, pairs: readonly string[]): NonNullable<EngineOptions["log"]> {
  const options = Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      if (equals < 1) throw new EngineError("invalid-argument", `invalid log-opt: ${pair}`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
  validateLogConfig({ type: driver, options });
  return { driver, options };
}

/** @throws Error in dockerd's words */
function checkedMirror(url: string): string {
  const fail = (reason: string): never => {
    throw new Error(`invalid mirror: ${reason}`);
  };
  if (!URL.canParse(url)) fail(`${JSON.stringify(url)} is not a valid URI`);
  const { protocol, pathname, search, hash, username } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:")
    fail(`unsupported scheme ${JSON.stringify(protocol.slice(0, -1))} in ${JSON.stringify(url)}`);
  if (search !== "" || hash !== "" || username !== "" || pathname !== "/")
    fail(`path, query, fragment, or user at end of the URI ${JSON.stringify(url)}`);
  return url;
}

function signalled(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(undefined));
  });
}

try {
  process.exit(await main());
} catch (error) {
  console.error(`drydock: ${messageOf(error)}`);
  process.exit(1);
}
