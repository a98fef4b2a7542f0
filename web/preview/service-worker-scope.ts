/** The types of a service worker's global scope that a preview's uses: the page's library (DOM) and the worker's cannot be loaded together. */

interface WaitingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

export interface WorkerFetchEvent extends WaitingEvent {
  readonly request: Request;
  /** Empty for the first request of a new page. */
  readonly clientId: string;
  respondWith(response: Promise<Response>): void;
}

export type WorkerMessageEvent = WaitingEvent & MessageEvent<unknown>;

interface WorkerClient {
  readonly url: string;
  postMessage(message: unknown): void;
}

export interface PreviewWorkerScope {
  readonly location: Location;
  readonly clients: {
    claim(): Promise<void>;
    get(id: string): Promise<WorkerClient | undefined>;
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<readonly WorkerClient[]>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: WaitingEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: WorkerFetchEvent) => void): void;
  addEventListener(type: "message", listener: (event: WorkerMessageEvent) => void): void;
}
