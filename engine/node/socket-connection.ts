import type { Socket } from "node:net";
import type { Connection } from "../http/serve-connection.ts";

/**
 * A socket of Node's (made with `allowHalfOpen`) as two byte flows. It is read only when somebody asks and a write resolves when the kernel has taken it,
 * so that both ends feel a slow other end.
 */
export function toConnection(socket: Socket): Connection {
  socket.setTimeout(0);
  socket.pause();
  return { readable: readableOf(socket), writable: writableOf(socket) };
}

function readableOf(socket: Socket): ReadableStream<Uint8Array> {
  let isOver = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const end = (how: () => void): void => {
          if (isOver) return;
          isOver = true;
          how();
        };
        socket.on("data", (chunk: Buffer) => {
          socket.pause();
          if (!isOver) controller.enqueue(chunk);
        });
        socket.on("end", () => end(() => controller.close()));
        socket.on("error", (error) => end(() => controller.error(error)));
        socket.on("close", () => end(() => controller.error(new Error("the client closed the connection"))));
      },
      pull: () => void socket.resume(),
      cancel: () => {
        isOver = true;
        socket.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

function writableOf(socket: Socket): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    write: (chunk) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) reject(new Error("the client closed the connection"));
        else socket.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
    close: () =>
      new Promise((resolve) => {
        if (socket.destroyed) resolve();
        else socket.end(() => resolve());
      }),
    abort: () => void socket.destroy(),
  });
}
