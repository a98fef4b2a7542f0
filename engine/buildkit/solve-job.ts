/** One `docker buildx build`: `Control.Solve`, the frontend's calls to the bridge in between, and the status, tied by the client's reference. */
import type { BuildResult, BuildService } from "../build/build-service.ts";
import type { BuildSession } from "../build/build-request.ts";
import { deferred } from "../base/deferred.ts";
import { Disposals } from "../base/disposal.ts";
import { type ReceiveContext, receiveInputs } from "./build-inputs.ts";
import type { ClientSession } from "./client-session.ts";
import { readFrontendAttributes, type FrontendAttributes } from "./frontend-attributes.ts";
import type { Exporter } from "./messages.ts";
import { sessionServices } from "./session-services.ts";
import { StatusStream } from "./status-stream.ts";

/** Exporters that make no image. */
const FILES_ONLY: ReadonlySet<string> = new Set(["local", "tar"]);

export interface JobPorts {
  readonly builder: Pick<BuildService, "build">;
  readonly receiveContext: ReceiveContext;
}

/** What was solved: a reference that the client may hand back. */
export interface Solved {
  readonly id: string;
  readonly result: BuildResult;
}

export class SolveJob implements AsyncDisposable {
  readonly status = new StatusStream();
  /** What the last {@link solve} failed with, for the client to return. */
  failure: unknown;
  readonly #ports: JobPorts;
  readonly #session: ClientSession;
  readonly #exporters: readonly Exporter[];
  readonly #abort = new AbortController();
  readonly #owned = new Disposals();
  readonly #returned = deferred<Solved | undefined>();
  readonly #solved = new Map<string, Solved>();

  constructor(ports: JobPorts, session: ClientSession, exporters: readonly Exporter[]) {
    this.#ports = ports;
    this.#session = session;
    this.#exporters = exporters;
    this.#returned.promise.catch(() => undefined);
  }

  /** Runs the Dockerfile frontend. @throws GrpcError, EngineError, BuildFailure */
  async solve(attributes: FrontendAttributes): Promise<Solved> {
    const inputs = await receiveInputs(this.#session, attributes, {
      receiveContext: this.#ports.receiveContext,
      owned: this.#owned,
      signal: this.#abort.signal,
    });
    const session: BuildSession = sessionServices(this.#session);
    const run = this.#ports.builder.build(
      {
        ...inputs,
        ...readFrontendAttributes(attributes),
        tags: this.#exporters.flatMap((exporter) => exporter.attributes.get("name")?.split(",") ?? []),
        filesOnly: this.#exporters.length > 0 && this.#exporters.every(({ type }) => FILES_ONLY.has(type)),
        memoryBytes: 0,
        session,
      },
      { signal: this.#abort.signal },
    );
    const telling = (async () => {
      for await (const status of run.status) this.status.push(status);
    })();
    const result = await run.result.finally(() => telling);
    const solved = { id: run.id, result };
    this.#solved.set(solved.id, solved);
    return solved;
  }

  /** The client's frontend is done: this reference is what it has made. Undefined: nothing to export. */
  finish(reference: string): void {
    this.#returned.resolve(this.#solved.get(reference));
  }

  fail(error: unknown): void {
    this.#returned.reject(error);
  }

  /** What the frontend returns. */
  get returned(): Promise<Solved | undefined> {
    return this.#returned.promise;
  }

  cancel(reason: unknown): void {
    this.#abort.abort(reason);
    this.fail(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.status.end();
    await this.#owned[Symbol.asyncDispose]();
  }
}
