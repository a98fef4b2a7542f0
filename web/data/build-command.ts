import { WORKSPACE } from "./workspace-files.ts";

/** A command line for the terminal. */
export interface BuildCommand {
  readonly line: string;
  /** Without `cd`: what is shown on the button. */
  readonly short: string;
}

const directoryOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The Dockerfile that a build of this file would use: itself, or the nearest one above it. */
export function dockerfileFor(
  path: string,
  isDockerfile: (path: string) => boolean,
  has: (path: string) => boolean,
): string | undefined {
  if (path !== "" && isDockerfile(path) && has(path)) return path;
  for (let directory = directoryOf(path); ; directory = directoryOf(directory)) {
    const candidate = directory === "" ? "Dockerfile" : `${directory}/Dockerfile`;
    if (has(candidate)) return candidate;
    if (directory === "") return undefined;
  }
}

/** `docker build` of a Dockerfile of the workspace, typed where a prompt shows `current` (undefined: not known). */
export function buildCommand(dockerfile: string, image: string, current: string | undefined): BuildCommand {
  const directory = directoryOf(dockerfile);
  const file = nameOf(dockerfile) === "Dockerfile" ? "" : ` -f ${quote(nameOf(dockerfile))}`;
  const short = `docker build -t ${quote(image)}${file} .`;
  const place = directory === "" ? WORKSPACE : `${WORKSPACE}/${directory}`;
  const isThere = current !== undefined && current.replace(/^~(?=\/|$)/, "/root").replace(/(.)\/$/, "$1") === place;
  const tail = directory === "" ? "" : `/${directory}`;
  return { short, line: isThere ? short : `cd ~/workspace${tail && quote(tail)} && ${short}` };
}

/** Runs an image, with the ports it exposes published. */
export function runCommand(image: string): string {
  return `docker run --rm -it -P ${quote(image)}`;
}

/** As one word for a POSIX shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
