/**
 * The two-way stream of attach and exec. Input arrives behind the request (in process: as its body) while the answer is read. Output is framed (stdcopy)
 * unless there is a terminal.
 */
import { concat } from "../base/streams.ts";
import type { Attachment } from "../containers/container-service.ts";
import { encodeFrame, MULTIPLEXED_TYPE, RAW_TYPE } from "../wire/stdcopy.ts";
import { type ApiRequest, bodyText, isAtLeast } from "./api-request.ts";
import type { EngineResponse } from "./app.ts";

/** Answers with the attachment's output, and feeds it what the client sends. */
export function hijack(
  request: ApiRequest,
  attachment: Attachment,
  input = request.input ?? request.body,
): EngineResponse {
  const stopInput = pump(input, attachment.stdin);
  const reader = attachment.output.getReader();
  const detach = (reason?: unknown): void => {
    stopInput();
    void reader.cancel(reason).catch(() => undefined);
  };
  request.signal?.addEventListener("abort", () => detach(request.signal?.reason), { once: true });
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(attachment.tty ? value.bytes : encodeFrame(value.stream, value.bytes));
        stopInput();
        controller.close();
      },
      cancel: detach,
    },
    { highWaterMark: 0 },
  );
  return hijackResponse(request, attachment.tty, body);
}

/** The answer's head: the content type says whether frames follow, for clients that asked for an upgrade and know the type. */
export function hijackResponse(request: ApiRequest, tty: boolean, body: ReadableStream<Uint8Array>): EngineResponse {
  const upgraded = request.headers.has("upgrade");
  const type = upgraded && !tty && isAtLeast(request, "1.42") ? MULTIPLEXED_TYPE : RAW_TYPE;
  return { status: 200, headers: new Map([["content-type", type]]), body, hijack: true };
}

/** Copies until the client has no more (stdin is closed then), or until stopped (it stays open). Returns the stop. */
function pump(body: ReadableStream<Uint8Array> | undefined, stdin: WritableStream<Uint8Array> | undefined): () => void {
  if (body === undefined) {
    void stdin?.close().catch(() => undefined);
    return () => undefined;
  }
  const reader = body.getReader();
  let stopped = false;
  void copy(reader, stdin, () => stopped).catch(() => undefined);
  return () => {
    stopped = true;
    void reader.cancel().catch(() => undefined);
  };
}

async function copy(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  stdin: WritableStream<Uint8Array> | undefined,
  isStopped: () => boolean,
): Promise<void> {
  const writer = stdin?.getWriter();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      await writer?.write(value);
    }
  } finally {
    if (!isStopped()) await writer?.close();
    writer?.releaseLock();
  }
}

/**
 * Takes the JSON document in front of an exec's stream: the whole body when input has a way of its own, exactly Content-Length bytes
 * when that is known, else chunks until they parse. What follows is stdin.
 */
export async function splitLeadingJson(
  request: ApiRequest,
): Promise<{ text: string; rest: ReadableStream<Uint8Array> | undefined }> {
  if (request.input !== undefined) return { text: await bodyText(request), rest: request.input };
  if (request.body === undefined) return { text: "", rest: undefined };
  const reader = request.body.getReader();
  const declared = request.headers.get("content-length");
  const length = declared === undefined ? undefined : Number(declared);
  let taken: Uint8Array = new Uint8Array(0);
  while (length === undefined ? !isCompleteJson(taken) : taken.length < length) {
    const { done, value } = await reader.read();
    if (done || taken.length > 1 << 20) break;
    taken = concat([taken, value]);
  }
  const end = length ?? taken.length;
  return { text: new TextDecoder().decode(taken.subarray(0, end)), rest: remaining(reader, taken.subarray(end)) };
}

function remaining(reader: ReadableStreamDefaultReader<Uint8Array>, first: Uint8Array): ReadableStream<Uint8Array> {
  let pending: Uint8Array | undefined = first.length > 0 ? first : undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = pending;
        pending = undefined;
        if (chunk) return controller.enqueue(chunk);
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function isCompleteJson(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false;
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}
