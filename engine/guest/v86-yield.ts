/** The part of v86 that decides when the guest runs: `next_tick` asks `yield` to call `yield_callback` after `ms`. */
export interface Scheduler {
  yield(ms: number, tick: number): void;
  yield_callback(tick: number): void;
  next_tick(ms: number): void;
  unregister_yield(): void;
}

/**
 * Lets the guest and everybody else on this thread take turns. In a browser v86 would start a second worker only to be called
 * back by it; a message to oneself is quicker. Timers end in a message too, or the browser would hold nested ones back for 4 ms.
 * In Node, v86's own `setImmediate` is best.
 */
export function installYield(scheduler: Scheduler): void {
  if ("process" in globalThis) return;
  scheduler.unregister_yield();
  const channel = new MessageChannel();
  channel.port1.onmessage = (event: MessageEvent<number>) => scheduler.yield_callback(event.data);
  scheduler.yield = (ms, tick) => {
    if (ms < 1) channel.port2.postMessage(tick);
    else setTimeout(() => channel.port2.postMessage(tick), ms);
  };
  scheduler.unregister_yield = () => {
    channel.port1.onmessage = null;
    channel.port1.close();
  };
}
