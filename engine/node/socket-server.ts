/** Serves `Engine.fetch` over HTTP on sockets of the machine that Node runs on: a unix socket, or a loopback port. */
import { chmod, lstat, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { EngineFetch } from "../api/app.ts";
import { EngineError } from "../base/errors.ts";
import { guardAgainstBrowsers, isLoopback } from "../http/browser-guard.ts";
import { serveConnection } from "../http/serve-connection.ts";
import { toConnection } from "./socket-connection.ts";

/** A server that may be listening. */
export interface SocketServer extends AsyncDisposable {
  /** Node's server, for its address. */
  readonly server: Server;
}

/** A server that is not yet listening. Disposing it ends every connection. */
function createSocketServer(fetch: EngineFetch): SocketServer {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    void serveConnection(toConnection(socket), { fetch });
  });
  return {
    server,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/**
 * Serves on a unix socket that its owner and group may use (mode 0660, as Docker's). What an engine that is gone left there is replaced.
 * @throws EngineError conflict when somebody listens there, or it is no socket
 */
export async function listenOnUnixSocket(fetch: EngineFetch, path: string): Promise<SocketServer> {
  await removeStaleSocket(path);
  const listener = createSocketServer(fetch);
  // Node binds within the call: the mode is right from the first moment.
  const umask = process.umask(0o117);
  const listening = listen(listener.server, { path });
  process.umask(umask);
  await listening;
  await chmod(path, 0o660);
  return listener;
}

/**
 * Serves on a loopback port, for programs of this machine and not for web pages: whoever reaches the engine can do everything in it.
 * @throws EngineError invalid-argument for an address that other machines reach
 */
export async function listenOnLoopback(fetch: EngineFetch, address: string): Promise<SocketServer> {
  const { host, port } = parseLoopbackAddress(address);
  const listener = createSocketServer(guardAgainstBrowsers(fetch));
  await listen(listener.server, { host, port });
  return listener;
}

/** `127.0.0.1:2375`, `localhost:2375`, `[::1]:2375`, `tcp://…`; port 0 is any free one. @throws EngineError invalid-argument */
export function parseLoopbackAddress(address: string): { host: string; port: number } {
  const [, host = "", port = ""] = /^(?:tcp:\/\/)?(\[[^\]]*\]|[^:/]+):(\d{1,5})$/.exec(address) ?? [];
  const name = host.replace(/^\[|\]$/g, "").toLowerCase();
  if (name === "" || Number(port) > 0xff_ff)
    throw new EngineError("invalid-argument", `--tcp ${address}: not an address like 127.0.0.1:2375`);
  if (!isLoopback(name)) {
    const why = "the API has no authentication, and is served on the loopback interface only";
    throw new EngineError("invalid-argument", `--tcp ${address}: ${why} (127.0.0.1, localhost or [::1])`);
  }
  return { host: name === "localhost" ? "127.0.0.1" : name, port: Number(port) };
}

async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new EngineError("conflict", `${path} exists and is not a socket`);
  if (await answers(path)) throw new EngineError("conflict", `another program listens on ${path}`);
  await rm(path, { force: true });
}

/** Whether somebody accepts connections there; anything but a clear no counts as yes. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
}

/** Connections that may wait to be accepted, as Go's listeners: beyond it a unix socket's clients fail with EAGAIN. */
const BACKLOG = 4096;

function listen(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...where, backlog: BACKLOG }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
