import { ApiError, messageOf } from "../data/drydock-api.ts";
import type { DockerFetch } from "../data/engine-client.ts";
import { textOf } from "../data/text-file.ts";
import { readFile, writeFile } from "../data/workspace-files.ts";

const AUTOSAVE_MS = 300;

/** A file that is open for editing. */
export interface OpenDocument {
  readonly path: string;
  /** What the person sees. */
  readonly text: string;
  /**
   * `clean`: the workspace has the same. `dirty`: it will have. `conflict`: the file was changed elsewhere while this text was changed here.
   * `gone`: it was removed elsewhere; the text is still here. `failed`: it could not be saved.
   */
  readonly state: "clean" | "dirty" | "conflict" | "gone" | "failed";
  /** Grows whenever `text` was replaced from outside. */
  readonly revision: number;
  readonly problem?: string;
}

/** Why a file was not opened. */
export type Refusal = "binary" | "too-large" | "missing";

interface Entry {
  document: OpenDocument;
  /** The version that the text is based on; "" makes the file anew. */
  etag: string;
  savedText: string;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Requests about one file go one after the other. */
  queue: Promise<void>;
}

/**
 * The files that are open for editing, saved by themselves. A save names the version it is based on; where that is not the file's any more,
 * both texts are kept until the person has chosen.
 */
export class WorkspaceDocuments {
  readonly #entries = new Map<string, Entry>();
  readonly #changed: () => void;
  #fetch: DockerFetch | undefined;

  /** `changed` is called after every change of a document. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** The engine to talk to. What could not be saved meanwhile is saved, what has changed meanwhile is read. */
  use(fetch: DockerFetch | undefined): void {
    if (fetch === this.#fetch) return;
    this.#fetch = fetch;
    if (fetch) for (const path of this.#entries.keys()) this.noticed(path);
  }

  get(path: string): OpenDocument | undefined {
    return this.#entries.get(path)?.document;
  }

  /** Files whose text the workspace has not got. */
  unsaved(): ReadonlySet<string> {
    const documents = [...this.#entries.values()].map((entry) => entry.document);
    return new Set(documents.filter((each) => each.state !== "clean").map((each) => each.path));
  }

  /** Reads a file for editing, unless it is open. @throws ApiError */
  async open(path: string): Promise<OpenDocument | Refusal> {
    const known = this.#entries.get(path);
    if (known) return known.document;
    const version = await readFile(this.#needFetch(), path);
    if (!version) return "missing";
    const read = textOf(version.bytes);
    if ("refused" in read) return read.refused;
    const document: OpenDocument = { path, text: read.text, state: "clean", revision: 0 };
    const entry = { document, etag: version.etag, savedText: read.text, timer: undefined, queue: Promise.resolve() };
    this.#entries.set(path, entry);
    return document;
  }

  /** The person has changed a file's text. */
  edit(path: string, text: string): void {
    const entry = this.#entries.get(path);
    if (!entry || text === entry.document.text) return;
    const isOpenQuestion = entry.document.state === "conflict" || entry.document.state === "gone";
    this.#set(entry, { text, state: isOpenQuestion ? entry.document.state : "dirty" });
    if (isOpenQuestion) return;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => void this.flush(path), AUTOSAVE_MS);
  }

  /** Saves now. Resolves when the workspace has the text, or when that failed. */
  flush(path: string): Promise<void> {
    const entry = this.#entries.get(path);
    if (!entry) return Promise.resolve();
    clearTimeout(entry.timer);
    return this.#next(entry, () => this.#save(entry));
  }

  async flushAll(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((path) => this.flush(path)));
  }

  /** Something has happened to a file elsewhere, perhaps. */
  noticed(path: string): void {
    for (const [each, entry] of this.#entries) {
      // A directory stands for all that is in it, "" for everything.
      if (path === "" || each === path || each.startsWith(`${path}/`))
        void this.#next(entry, () => this.#compare(entry));
    }
  }

  /** Ends a conflict: with the text that is here (the file as it is gets another name first), or with the file as it is. */
  resolve(path: string, choice: "mine" | "both" | "theirs"): Promise<void> {
    const entry = this.#entries.get(path);
    if (!entry) return Promise.resolve();
    return this.#next(entry, async () => {
      if (choice === "theirs") return this.#reload(entry);
      if (choice === "both") await this.#keepTheirs(entry);
      return this.#save(entry, { force: true });
    });
  }

  /** A file, or a directory with open files, has another name. */
  move(from: string, to: string): void {
    for (const [path, entry] of this.#entries) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#entries.delete(path);
      entry.document = { ...entry.document, path: to + path.slice(from.length) };
      this.#entries.set(entry.document.path, entry);
    }
    this.#changed();
  }

  /** Forgets a file, or all files of a directory. */
  close(path: string): void {
    for (const [each, entry] of this.#entries) {
      if (each !== path && !each.startsWith(`${path}/`)) continue;
      clearTimeout(entry.timer);
      this.#entries.delete(each);
    }
    this.#changed();
  }

  async #save(entry: Entry, { force = false } = {}): Promise<void> {
    const { path, text, state } = entry.document;
    if (!force && state !== "dirty" && state !== "failed") return;
    if (!this.#fetch) return;
    try {
      entry.etag = await writeFile(this.#fetch, path, text, force ? {} : { ifMatch: entry.etag });
      entry.savedText = text;
      // More may have been typed while it was on its way; that has its own timer.
      this.#set(entry, { state: entry.document.text === text ? "clean" : "dirty" });
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) await this.#compare(entry);
      else this.#set(entry, { state: "failed", problem: messageOf(error) });
    }
  }

  /** Looks at the file again and decides what it means for the text here. */
  async #compare(entry: Entry): Promise<void> {
    if (!this.#fetch) return;
    const { path, state } = entry.document;
    const version = await readFile(this.#fetch, path).catch(() => null);
    if (version === null) return;
    if (!version) return this.#set(entry, { state: "gone" });
    if (version.etag === entry.etag && state !== "gone") {
      if (state === "failed") await this.#save(entry);
      return;
    }
    const read = textOf(version.bytes);
    // Turned into something that is no text: as good as gone for an editor.
    if ("refused" in read) return this.#set(entry, { state: "gone" });
    const isUnchangedHere = entry.document.text === entry.savedText;
    if (read.text === entry.document.text || isUnchangedHere) this.#take(entry, read.text, version.etag);
    else this.#set(entry, { state: "conflict" });
  }

  async #keepTheirs(entry: Entry): Promise<void> {
    const fetch = this.#needFetch();
    const theirs = await readFile(fetch, entry.document.path);
    if (theirs) await writeFile(fetch, `${entry.document.path}.theirs`, theirs.bytes);
  }

  async #reload(entry: Entry): Promise<void> {
    const version = this.#fetch && (await readFile(this.#fetch, entry.document.path).catch(() => undefined));
    const read = version && textOf(version.bytes);
    if (version && read && "text" in read) this.#take(entry, read.text, version.etag);
    else this.#set(entry, { state: "gone" });
  }

  #take(entry: Entry, text: string, etag: string): void {
    const { revision } = entry.document;
    clearTimeout(entry.timer);
    entry.etag = etag;
    entry.savedText = text;
    this.#set(entry, { text, state: "clean", revision: text === entry.document.text ? revision : revision + 1 });
  }

  #set(entry: Entry, change: Partial<OpenDocument>): void {
    const { problem: _, ...rest } = entry.document;
    entry.document = { ...rest, ...change };
    this.#changed();
  }

  #next(entry: Entry, work: () => Promise<void>): Promise<void> {
    entry.queue = entry.queue.then(work, work);
    return entry.queue;
  }

  #needFetch(): DockerFetch {
    if (!this.#fetch) throw new Error("the machine is not up");
    return this.#fetch;
  }
}
