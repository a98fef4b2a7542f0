/** The engine's end of one page's WebSocket. */
import type { PortClient } from "../../engine/index.ts";
import { checkSocketMessage, type HeaderList, type SocketToPage } from "./protocol.ts";

type Connection = Awaited<ReturnType<PortClient["openWebSocket"]>>;

const ABNORMAL = 1006;
/** What a page may have under way to a server that does not read; then it has lost its connection, as with Chromium's own limit. */
const MAX_QUEUED_BYTES = 64 << 20;
const encoder = new TextEncoder();

/** Opens the connection and carries messages both ways until either side is done. `over` is called once. */
export function serveSocket(
  port: MessagePort,
  client: PortClient,
  request: { readonly target: string; readonly protocols: readonly string[]; readonly headers: HeaderList },
  over: () => void,
): Disposable {
  let connection: Connection | undefined;
  let isOver = false;
  const post = (message: SocketToPage, transfer: Transferable[] = []): void => port.postMessage(message, transfer);
  const end = (code: number, reason: string): void => {
    if (isOver) return;
    isOver = true;
    post({ type: "closed", code, reason, isClean: code !== ABNORMAL });
    void connection?.abort();
    setTimeout(() => port.close(), 1000);
    over();
  };
  void (async () => {
    try {
      connection = await client.openWebSocket(request);
      if (isOver) return void connection.abort();
      post({ type: "open", protocol: connection.protocol });
      takeMessages(port, connection, { post, fail: () => end(ABNORMAL, "") });
      const messages = connection.messages();
      for (;;) {
        const next = await messages.next();
        if (next.done === true) return end(next.value.code, next.value.reason);
        const { kind, data } = next.value;
        if (kind === "text") post({ type: "message", data: new TextDecoder().decode(data) });
        else post({ type: "message", data: data.buffer }, [data.buffer]);
      }
    } catch (error) {
      end(ABNORMAL, error instanceof Error ? error.message : "");
    }
  })();
  port.addEventListener("close", () => end(ABNORMAL, ""));
  return { [Symbol.dispose]: () => end(ABNORMAL, "") };
}

function takeMessages(
  port: MessagePort,
  connection: Connection,
  { post, fail }: { readonly post: (message: SocketToPage) => void; readonly fail: () => void },
): void {
  let queuedBytes = 0;
  port.addEventListener("message", (event) => {
    const message = checkSocketMessage(event.data);
    if (message?.type === "close") connection.close(message.code, message.reason).catch(fail);
    if (message?.type !== "send") return;
    const kind = typeof message.data === "string" ? "text" : "binary";
    const data = typeof message.data === "string" ? encoder.encode(message.data) : new Uint8Array(message.data);
    queuedBytes += data.length;
    if (queuedBytes > MAX_QUEUED_BYTES) return fail();
    connection.send({ kind, data }).then(() => {
      queuedBytes -= data.length;
      post({ type: "sent", bytes: data.length });
    }, fail);
  });
  port.start();
}
