import type { EngineFetch } from "./api/app.ts";
import { decodeUtf8 } from "./base/streams.ts";
import type { Guest } from "./guest/guest.ts";
import { serveConnection } from "./http/serve-connection.ts";

/** Where Docker's clients look for the engine, in the guest as on any machine. */
const API_SOCKET = "/var/run/docker.sock";

/**
 * Serves the Docker Engine API inside the guest, for root and the `docker` group; containers get it with
 * `-v /var/run/docker.sock:/var/run/docker.sock`. @throws GuestError
 */
export async function serveApiSocket(guest: Pick<Guest, "listen" | "run">, fetch: EngineFetch): Promise<void> {
  const accept = (connection: Parameters<typeof serveConnection>[0]): void =>
    void serveConnection(connection, { fetch });
  // Both go out at once: the agent answers in order.
  const [[groups = new Uint8Array()]] = await Promise.all([
    guest.run([{ op: "read", path: "/etc/group", optional: true }]),
    guest.listen(API_SOCKET, { mode: 0o660 }, accept),
  ]);
  const gid = /^docker:[^:]*:(\d+):/m.exec(decodeUtf8(groups))?.[1];
  if (gid !== undefined) await guest.run([{ op: "chown", path: API_SOCKET, uid: 0, gid: Number(gid) }]);
}
