import { EngineError } from "../base/errors.ts";
import type { LineRange } from "./dockerfile.ts";

/** What is wrong with a Dockerfile, in BuildKit's words, and where: an excerpt is shown around `range`. */
export class DockerfileError extends EngineError {
  readonly range: LineRange;

  constructor(message: string, range: LineRange, options?: ErrorOptions) {
    super("invalid-argument", message, options);
    this.name = "DockerfileError";
    this.range = range;
  }
}
