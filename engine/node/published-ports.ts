/** Makes the ports that containers publish reachable on the machine that Node runs on. */
import { createServer, type Server, type Socket } from "node:net";
import type { Engine } from "../engine-options.ts";
import { toConnection } from "./socket-connection.ts";

/** Where a port is open to the guest's own loopback address too. */
const ANYWHERE: readonly string[] = ["", "0.0.0.0", "::", "::1"];

/** What of the engine's ports this needs. */
type MachinePorts = Pick<Engine["ports"], "list" | "subscribe" | "connect">;

/**
 * Listens on `host` for every TCP port that a container publishes, for as long as it does, and carries the connections to the guest. Of
 * UDP ports and of ports that are taken on this machine `report` hears, and nothing else happens. Disposing it ends all connections.
 */
export function forwardPublishedPorts(
  ports: MachinePorts,
  { host, report }: { readonly host: string; readonly report: (line: string) => void },
): AsyncDisposable {
  const forwards = new Map<string, Forward>();
  let told: ReadonlySet<string> = new Set();
  const update = (): void => {
    const { wanted, left } = sortPorts(ports.list());
    for (const port of left)
      if (!told.has(port)) report(`port ${port} is published in the guest only: tcp alone is carried to this machine`);
    told = left;
    for (const [key, forward] of forwards) {
      if (wanted.has(key)) continue;
      forwards.delete(key);
      void forward.close();
    }
    for (const [key, { port, address }] of wanted) {
      if (!forwards.has(key)) forwards.set(key, startForward(ports, { host, port, address, report }));
    }
  };
  const subscription = ports.subscribe(update);
  update();
  return {
    async [Symbol.asyncDispose]() {
      subscription[Symbol.dispose]();
      await Promise.all([...forwards.values()].map((forward) => forward.close()));
    },
  };
}

interface Forward {
  close(): Promise<void>;
}

interface Target {
  readonly port: number;
  /** Where the guest is asked. */
  readonly address: string;
}

function sortPorts(published: ReturnType<MachinePorts["list"]>): {
  readonly wanted: ReadonlyMap<string, Target>;
  readonly left: ReadonlySet<string>;
} {
  const wanted = new Map<string, Target>();
  const left = new Set<string>();
  for (const { mapping } of published) {
    const { container, hostIp, hostPort: port } = mapping;
    if (container.protocol !== "tcp") {
      left.add(`${port}/${container.protocol}`);
      continue;
    }
    // One listener for a port: the machine has one loopback address, the guest many.
    const address = ANYWHERE.includes(hostIp) ? "127.0.0.1" : hostIp;
    const known = [...wanted.values()].some((target) => target.port === port);
    if (!known) wanted.set(`${address} ${port}`, { address, port });
  }
  return { wanted, left };
}

function startForward(
  ports: MachinePorts,
  { host, port, address, report }: Target & { host: string; report: (line: string) => void },
): Forward {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    void carry(ports, socket, { port, address });
  });
  server.on("error", (error: NodeJS.ErrnoException) => {
    report(`port ${port} is not reachable on ${host}: ${error.code === "EADDRINUSE" ? "it is taken" : error.message}`);
  });
  server.listen({ host, port });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Never rejects: what goes wrong on one side ends the other. */
async function carry(ports: MachinePorts, socket: Socket, { port, address }: Target): Promise<void> {
  const client = toConnection(socket);
  try {
    const guest = await ports.connect(address, port);
    await Promise.all([client.readable.pipeTo(guest.writable), guest.readable.pipeTo(client.writable)]);
  } catch {
    socket.destroy();
  }
}
