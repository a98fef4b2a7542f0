import type { ReactiveController, ReactiveControllerHost } from "lit";
import { ask, messageOf } from "../data/drydock-api.ts";
import type { DockerFetch, EngineClient } from "../data/engine-client.ts";
import { jsonLines } from "../data/json-lines.ts";
import {
  listFiles,
  makeDirectory,
  readArchive,
  removeFile,
  renameFile,
  workspaceEvent,
  writeFile,
  type WorkspaceFile,
} from "../data/workspace-files.ts";
import { WorkspaceDocuments } from "./workspace-documents.ts";

const RECONNECT_MS = 1_000;
/** A tar that is unpacked in the guest makes thousands of events; one list answers them. */
const REFRESH_MS = 60;
const UPLOADS_AT_ONCE = 4;

/** A file to be put into the workspace. */
export interface Upload {
  readonly path: string;
  readonly blob: Blob;
}

/** The workspace of the machine: its files, kept up to date by its events, and the documents that are open. */
export class WorkspaceController implements ReactiveController {
  /** Sorted by path; undefined until they were read once. */
  files: readonly WorkspaceFile[] | undefined;
  /** There are more files than are listed. */
  isTruncated = false;
  problem: string | undefined;
  /** Files that are being uploaded. */
  uploading: { readonly done: number; readonly all: number } | undefined;
  readonly documents: WorkspaceDocuments;

  readonly #host: ReactiveControllerHost;
  #client: EngineClient | undefined;
  #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    this.documents = new WorkspaceDocuments(() => host.requestUpdate());
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener("visibilitychange", this.#flush);
    window.addEventListener("beforeunload", this.#warn);
  }

  hostDisconnected(): void {
    document.removeEventListener("visibilitychange", this.#flush);
    window.removeEventListener("beforeunload", this.#warn);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.use(undefined);
  }

  /** Follows this engine's workspace, and no other's any more. */
  use(client: EngineClient | undefined): void {
    if (client === this.#client) return;
    this.#client = client;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.documents.use(client?.fetch);
    if (!client) return;
    this.#refreshSoon();
    void this.#follow(client, this.#abort.signal);
  }

  find(path: string): WorkspaceFile | undefined {
    return this.files?.find((file) => file.path === path);
  }

  async createFile(path: string): Promise<void> {
    await this.#run((fetch) => writeFile(fetch, path, ""));
  }

  async createDirectory(path: string): Promise<void> {
    await this.#run((fetch) => makeDirectory(fetch, path));
  }

  /** Resolves with whether it has the new name. */
  async rename(from: string, to: string): Promise<boolean> {
    await this.documents.flushAll();
    await this.#run(async (fetch) => {
      await renameFile(fetch, from, to);
      this.documents.move(from, to);
    });
    return this.problem === undefined;
  }

  async remove(path: string): Promise<void> {
    await this.#run((fetch) => removeFile(fetch, path));
    this.documents.close(path);
  }

  async upload(uploads: readonly Upload[]): Promise<void> {
    const rest = [...uploads];
    let done = 0;
    const work = async (fetch: DockerFetch): Promise<void> => {
      for (let next = rest.shift(); next; next = rest.shift()) {
        await writeFile(fetch, next.path, next.blob);
        this.uploading = { done: ++done, all: uploads.length };
        this.#host.requestUpdate();
      }
    };
    await this.#run((fetch) => Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, () => work(fetch))));
    this.uploading = undefined;
    this.#host.requestUpdate();
  }

  /** A tar of a directory. */
  async archive(path: string): Promise<Blob | undefined> {
    let blob: Blob | undefined;
    await this.#run(async (fetch) => void (blob = await readArchive(fetch, path)));
    return blob;
  }

  forgetProblem(): void {
    this.problem = undefined;
    this.#host.requestUpdate();
  }

  async #run(work: (fetch: DockerFetch) => Promise<unknown>): Promise<void> {
    this.problem = undefined;
    try {
      if (!this.#client) throw new Error("the machine is not up");
      await work(this.#client.fetch);
    } catch (error) {
      this.problem = messageOf(error);
    }
    await this.#refresh();
  }

  #refreshSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#refresh();
    }, REFRESH_MS);
  }

  async #refresh(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    try {
      const { files, isTruncated } = await listFiles(client.fetch);
      if (client !== this.#client) return;
      this.files = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
      this.isTruncated = isTruncated;
    } catch (error) {
      if (client !== this.#client) return;
      this.problem = messageOf(error);
    }
    this.#host.requestUpdate();
  }

  async #follow(client: EngineClient, signal: AbortSignal): Promise<void> {
    while (client === this.#client) {
      try {
        const response = await ask(client.fetch, "GET", "/drydock/workspace/events", { signal });
        if (!response.body) return;
        for await (const value of jsonLines(response.body)) {
          if (client !== this.#client) return;
          this.#refreshSoon();
          const { path, from } = workspaceEvent(value);
          this.documents.noticed(path);
          if (from !== undefined) this.documents.noticed(from);
        }
      } catch {
        // Over, or not there: asked again below.
      }
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      if (client === this.#client) this.#refreshSoon();
    }
  }

  readonly #flush = (): void => {
    if (document.hidden) void this.documents.flushAll();
  };

  readonly #warn = (event: BeforeUnloadEvent): void => {
    if (this.documents.unsaved().size === 0) return;
    void this.documents.flushAll();
    event.preventDefault();
  };
}
