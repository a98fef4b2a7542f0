import type { ClientCommand, DockerFetch } from "../data/engine-client.ts";
import { listFiles, readFile, removeFile, writeFile, WORKSPACE } from "../data/workspace-files.ts";
import type { CommandRequest } from "../../engine/index.ts";
import { isPath } from "./document-files.ts";
import type { FileEntry, RunResult } from "./protocol.ts";

/** What a playground is made of, seen from its API: the page. */
export interface ApiHost {
  readonly ready: Promise<void>;
  readonly fetch: DockerFetch;
  type(text: string): void;
  screen(): string;
  runCommand(request: CommandRequest, options: { signal?: AbortSignal }): Promise<ClientCommand>;
  /** A fresh machine; resolves when its first shell takes input. */
  restart(): Promise<void>;
  /** Told every piece of output of the terminal in front. */
  onOutput(listener: (text: string) => void): () => void;
}

export interface RunOptions {
  /** Absolute; the playground's directory when left out. */
  readonly directory?: string;
  /** Kills the command with everything it has started. */
  readonly signal?: AbortSignal;
}

const OUTPUT_LIMIT_BYTES = 4 << 20;
/** What a command left in the background may still have its output open: it is not waited for. */
const LAST_OUTPUT_MS = 200;

/**
 * Runs a command line in a shell of its own in the guest, and waits for its end.
 * @throws when it could not be started, was aborted, or the machine was lost
 */
export async function runCommand(host: ApiHost, command: string, options: RunOptions = {}): Promise<RunResult> {
  await host.ready;
  const { signal, directory = WORKSPACE } = options;
  const { output, exited } = await host.runCommand({ command, directory }, { ...(signal && { signal }) });
  const reader = output.getReader();
  const end = exited.then(() => new Promise<void>((resolve) => setTimeout(resolve, LAST_OUTPUT_MS)));
  const collected = collect(reader, end);
  const { code } = await exited;
  signal?.throwIfAborted();
  return { exitCode: code, ...(await collected) };
}

/** The files of the playground, over the routes of the workspace. */
export interface FilesApi {
  list(): Promise<readonly FileEntry[]>;
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
  write(path: string, content: string | Uint8Array<ArrayBuffer>): Promise<void>;
  remove(path: string): Promise<void>;
}

/** @see FilesApi */
export function filesApi(host: Pick<ApiHost, "ready" | "fetch">): FilesApi {
  return {
    async list() {
      await host.ready;
      const { files } = await listFiles(host.fetch);
      return files.map(({ path, kind, sizeBytes }) => ({ path, type: kind, sizeBytes }));
    },
    async read(path) {
      await host.ready;
      const found = await readFile(host.fetch, checked(path));
      if (!found) throw new Error(`no such file: ${path}`);
      return found.bytes;
    },
    async write(path, content) {
      await host.ready;
      await writeFile(host.fetch, checked(path), content);
    },
    async remove(path) {
      await host.ready;
      await removeFile(host.fetch, checked(path));
    },
  };
}

function checked(path: string): string {
  if (!isPath(path)) throw new Error(`not a path of this playground: ${JSON.stringify(path)}`);
  return path;
}

async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  end: Promise<void>,
): Promise<{ readonly output: string; readonly isCut: boolean }> {
  const decoder = new TextDecoder();
  let output = "";
  let sizeBytes = 0;
  const over = end.then(
    () => "over" as const,
    () => "over" as const,
  );
  for (;;) {
    const next = await Promise.race([reader.read(), over]);
    if (next === "over" || next.done) break;
    // What is too much is read all the same, or the command would wait for ever.
    if (sizeBytes < OUTPUT_LIMIT_BYTES) {
      output += decoder.decode(next.value.subarray(0, OUTPUT_LIMIT_BYTES - sizeBytes), { stream: true });
    }
    sizeBytes += next.value.length;
  }
  await reader.cancel().catch(() => undefined);
  return { output: output + decoder.decode(), isCut: sizeBytes > OUTPUT_LIMIT_BYTES };
}
