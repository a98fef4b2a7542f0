import { GRPC_CODE, GrpcError } from "../http2/grpc.ts";
import type { SolveJob } from "./solve-job.ts";

/** A client asks for the status, and calls the gateway, while it is still asking for the build. */
const WAIT_MS = 5000;

/** Builds that are over and may still be asked about. */
const KEPT = 8;

/** The builds under way, and the last ones, by the client's reference. */
export class SolveJobs {
  readonly #jobs = new Map<string, SolveJob>();
  readonly #over: string[] = [];
  #waiting: (() => void)[] = [];

  /** Disposed when the build is over. @throws GrpcError for a reference that is in use */
  add(reference: string, job: SolveJob): Disposable {
    if (this.#jobs.has(reference)) throw new GrpcError(GRPC_CODE.invalidArgument, `job ID ${reference} exists`);
    this.#jobs.set(reference, job);
    for (const wake of this.#waiting.splice(0)) wake();
    return {
      [Symbol.dispose]: () => {
        this.#over.push(reference);
        for (const old of this.#over.splice(0, Math.max(0, this.#over.length - KEPT))) this.#jobs.delete(old);
      },
    };
  }

  /** @throws GrpcError not-found when it does not come */
  async get(reference: string): Promise<SolveJob> {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const job = this.#jobs.get(reference);
      if (job) return job;
      const left = deadline - performance.now();
      if (left <= 0) throw new GrpcError(GRPC_CODE.notFound, `no such job ${reference}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}
