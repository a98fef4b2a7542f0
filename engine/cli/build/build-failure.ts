import { CommandError } from "../command.ts";

/** What is wrong with the flags: said without `failed to build`. */
export function optionError(message: string, cause?: unknown): CommandError {
  return new CommandError(`ERROR: ${message}`, 1, { cause });
}

/** Why there is no image. */
export function buildError(message: string, cause?: unknown): CommandError {
  return new CommandError(`ERROR: failed to build: ${message}`, 1, { cause });
}

/** What only other drivers of buildx can do; the words are buildx's for its driver `docker`. */
export function unsupportedByDriver(feature: string, page: string): CommandError {
  return buildError(`${feature} is not supported for the docker driver.
Switch to a different driver, or turn on the containerd image store, and try again.
Learn more at https://docs.docker.com/go/${page}/`);
}
