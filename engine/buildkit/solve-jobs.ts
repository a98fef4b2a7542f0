import { GRPC_CODE, GrpcError } from "../http2/grpc.ts";
import { AwaitedMap } from "./awaited-map.ts";
import type { SolveJob } from "./solve-job.ts";

/** A client asks for the status, and calls the gateway, while it is still asking for the build. */
const WAIT_MS = 5000;

/** Builds that are over and may still be asked about. */
const KEPT = 8;

/** The builds under way, and the last ones, by the client's reference. */
export class SolveJobs {
  readonly #jobs = new AwaitedMap<SolveJob>();
  readonly #over: string[] = [];

  /** Disposed when the build is over. @throws GrpcError for a reference that is in use */
  add(reference: string, job: SolveJob): Disposable {
    if (this.#jobs.has(reference)) throw new GrpcError(GRPC_CODE.invalidArgument, `job ID ${reference} exists`);
    this.#jobs.set(reference, job);
    return {
      [Symbol.dispose]: () => {
        this.#over.push(reference);
        for (const old of this.#over.splice(0, Math.max(0, this.#over.length - KEPT))) this.#jobs.delete(old);
      },
    };
  }

  /** @throws GrpcError not-found when it does not come */
  async get(reference: string): Promise<SolveJob> {
    const job = await this.#jobs.get(reference, WAIT_MS);
    if (job) return job;
    throw new GrpcError(GRPC_CODE.notFound, `no such job ${reference}`);
  }
}
