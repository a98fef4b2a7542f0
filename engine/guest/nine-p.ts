/** What the emulator's 9p device needs from the engine: one request in, one reply out, in any order. */
export interface NinePServer {
  /** Handles a 9P2000.L message; calls `reply` exactly once, now or later. The response is only valid during that call. */
  handle(request: Uint8Array, reply: (response: Uint8Array) => void): void;
  /** Fid table as bytes, to be kept with a boot snapshot. No request may be pending. */
  saveState(): Uint8Array;
  restoreState(state: Uint8Array): void;
}
