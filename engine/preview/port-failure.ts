/** Why a published port gave no answer. */
export type PortFailureReason =
  /** No container publishes it. */
  | "not-published"
  /** It is published, and in the container nothing listens. */
  | "refused"
  /** Nothing came in time, or the container's network is gone. */
  | "unreachable"
  /** The connection ended before there was an answer. */
  | "hung-up"
  /** What came is not HTTP/1. */
  | "not-http"
  /** It speaks HTTP but not WebSocket. */
  | "no-web-socket"
  /** The request itself cannot be sent. */
  | "bad-request";

export class PortFailure extends Error {
  readonly reason: PortFailureReason;

  constructor(reason: PortFailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PortFailure";
    this.reason = reason;
  }
}
