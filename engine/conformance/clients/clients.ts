/** Client programs that nobody here wrote, where they can be had: the `docker` on this machine, and Debian's. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { debianPackage } from "../../../scripts/debian-package.mjs";

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a client against an engine. `input` is its standard input. */
export function runClient(
  program: string,
  args: readonly string[],
  options: { host: string; input?: string; cwd?: string; environment?: Readonly<Record<string, string>> },
): Promise<CommandResult> {
  const env = { ...process.env, DOCKER_HOST: options.host, DOCKER_CONFIG: "/nonexistent", ...options.environment };
  return new Promise((resolve) => {
    const child = execFile(
      program,
      [...args],
      { env, cwd: options.cwd, timeout: 60_000, maxBuffer: 64 << 20 },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr }),
    );
    child.stdin?.end(options.input ?? "");
  });
}

/** Runs a client on a terminal (util-linux's `script`), typing lines as they come; answers what the screen got. */
export function runOnTerminal(command: string, host: string, typed: readonly string[]): Promise<string> {
  const env = { ...process.env, DOCKER_HOST: host, TERM: "xterm", DOCKER_CONFIG: "/nonexistent" };
  const child = spawn("script", ["-qec", command, "/dev/null"], { env, stdio: ["pipe", "pipe", "inherit"] });
  return new Promise((resolve) => {
    let screen = "";
    const waiting = [...typed];
    child.stdout.on("data", (chunk: Buffer) => {
      screen += chunk.toString();
      if (isPrompting(screen) && waiting.length > 0) child.stdin.write(waiting.shift() ?? "");
    });
    child.on("close", () => resolve(screen));
  });
}

/** Busybox's shell asks where the cursor is, behind its prompt. */
function isPrompting(screen: string): boolean {
  return /[#$] $/.test(screen.replaceAll("\x1b[6n", ""));
}

/** The `docker` of this machine's PATH, when it is of this major version. */
export function dockerOnPath(major: number): string | undefined {
  const { stdout, status } = spawnSync("docker", ["--version"], { encoding: "utf8" });
  return status === 0 && stdout.includes(`version ${major}.`) ? "docker" : undefined;
}

/** Debian 12's `docker`, 20.10: an older client, with an older API. Undefined where packages cannot be had. */
export async function debianDocker(): Promise<string | undefined> {
  return await debianPackage("docker.io").then(
    (directory: string) => join(directory, "usr/bin/docker"),
    () => undefined,
  );
}
