/** The only door into the engine for `web/` and `engine/node/`. */
export type { EngineFetch, EngineRequest, EngineResponse } from "./api/app.ts";
export type { ByteStream } from "./base/streams.ts";
export { EngineError, messageOf } from "./base/errors.ts";
export type { Span } from "./base/trace.ts";
export type {
  BootProgress,
  BootStep,
  CommandRequest,
  CommandRun,
  Engine,
  EngineOptions,
  Terminal,
} from "./engine-options.ts";
export type { PortClient, PortResponse } from "./preview/port-client.ts";
export type { PortFailure, PortFailureReason } from "./preview/port-failure.ts";
export { openBrowserStorage, openMemoryStorage } from "./content/browser-storage.ts";
export type { Storage } from "./content/browser-storage.ts";
export { createEngine } from "./engine.ts";
