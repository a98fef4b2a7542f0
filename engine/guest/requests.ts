import { ProtocolError } from "./codec.ts";
import { deferred, type Deferred } from "../base/deferred.ts";
import { ERRNO } from "./errno.ts";
import { FRAME, MAX_REQUEST_BYTES, type Frame } from "./frames.ts";
import { GuestError } from "./guest.ts";
import {
  decodeResponse,
  encodeRequest,
  METHOD,
  type MethodName,
  type RequestFields,
  type ResultFields,
} from "./protocol.ts";

interface Pending {
  readonly method: MethodName;
  readonly settle: (payload: Uint8Array) => void;
  readonly deferred: Deferred<never>;
}

/** Requests that wait for their responses. */
export class RequestTable {
  readonly #send: (frame: Frame) => void;
  readonly #pending = new Map<number, Pending>();
  #nextId: number;
  #error: Error | undefined;

  constructor(send: (frame: Frame) => void, options: { nextId?: number } = {}) {
    this.#send = send;
    this.#nextId = options.nextId ?? 1;
  }

  get pending(): number {
    return this.#pending.size;
  }

  get nextId(): number {
    return this.#nextId;
  }

  /**
   * Sends a request and waits for its result. `onResult` runs before any later frame of the guest is looked at.
   * @throws GuestError what the agent answered; EMSGSIZE when the request is larger than 1 MiB (it is not sent)
   */
  call<Name extends MethodName>(
    method: Name,
    fields: RequestFields[Name],
    onResult?: (result: ResultFields[Name]) => void,
  ): Promise<ResultFields[Name]> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    const payload = encodeRequest(method, fields);
    if (payload.length > MAX_REQUEST_BYTES) {
      const detail = `${method} request of ${payload.length} bytes: at most ${MAX_REQUEST_BYTES} fit`;
      return Promise.reject(new GuestError({ errno: ERRNO.EMSGSIZE, phase: "request", opIndex: 0, detail }));
    }
    const id = this.#takeId();
    const answer = deferred<ResultFields[Name]>();
    const settle = (response: Uint8Array): void => {
      try {
        const result = decodeResponse(method, response);
        onResult?.(result);
        answer.resolve(result);
      } catch (error) {
        answer.reject(error);
        if (!(error instanceof GuestError)) throw error;
      }
    };
    this.#pending.set(id, { method, settle, deferred: answer as Deferred<never> });
    this.#send({ type: FRAME.request, code: METHOD[method], id, payload });
    return answer.promise;
  }

  /** A RESPONSE came. @throws ProtocolError when nothing waits for it */
  handle(frame: Frame): void {
    const pending = this.#pending.get(frame.id);
    if (pending === undefined || METHOD[pending.method] !== frame.code) {
      throw new ProtocolError(`response to method ${frame.code} with id ${frame.id}, which nobody waits for`);
    }
    this.#pending.delete(frame.id);
    pending.settle(frame.payload);
  }

  /** Rejects what waits, and every later call. */
  fail(error: Error): void {
    this.#error ??= error;
    for (const { deferred } of this.#pending.values()) deferred.reject(error);
    this.#pending.clear();
  }

  #takeId(): number {
    do {
      this.#nextId = this.#nextId === 0xffffffff ? 1 : this.#nextId + 1;
    } while (this.#pending.has(this.#nextId));
    return this.#nextId;
  }
}
