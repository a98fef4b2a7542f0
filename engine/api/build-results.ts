import { EngineError } from "../base/errors.ts";
import type { BuildResult } from "../build/build-service.ts";
import type { ReadableLowerFiles } from "../archive/lower-files.ts";

/** So many results wait for somebody who fetches their files. */
const MAX_KEPT = 4;

/** Results whose files somebody will ask for (`--output type=local`): those of the last builds that said so. */
export class BuildResults {
  readonly #kept = new Map<string, BuildResult>();

  keep(buildId: string, result: BuildResult): void {
    this.#kept.set(buildId, result);
    for (const id of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(id);
    }
  }

  /** @throws EngineError not-found */
  async files(buildId: string): Promise<ReadableLowerFiles> {
    const result = this.#kept.get(buildId);
    if (result === undefined) throw new EngineError("not-found", `no files of build ${buildId} are kept`);
    return await result.files();
  }
}
