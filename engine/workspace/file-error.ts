import { errnoText } from "../guest/errno.ts";

export { ERRNO } from "../guest/errno.ts";

/** A file operation that failed as a system call does. */
export class FileError extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(errnoText(errno));
    this.name = "FileError";
    this.errno = errno;
  }
}
