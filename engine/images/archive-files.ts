import { EngineError } from "../base/errors.ts";
import { type ByteStream, collect, streamOf } from "../base/streams.ts";
import type { Spool, Spooled } from "../content/spool.ts";
import { readTar, type TarEntry } from "../oci/layer-tar.ts";
import { cleanPath } from "../oci/path-bytes.ts";

/** Small files stay in memory, as long as there are not too many of them. */
const SMALL_BYTES = 256 << 10;
const MEMORY_BYTES = 32 << 20;
/** An archive of images holds few files. */
const MAX_FILES = 100_000;
const MAX_LINKS = 16;

/** The files of an archive that is read once, from its beginning to its end. */
export class ArchiveFiles {
  readonly #files = new Map<string, Spooled>();
  readonly #links = new Map<string, string>();
  #memoryBytes = 0;

  /** @throws EngineError invalid-argument for a bad tar */
  static async read(tar: ByteStream, spool: Spool): Promise<ArchiveFiles> {
    const files = new ArchiveFiles();
    for await (const { entry, content } of readTar(tar)) {
      if (entry.escape !== undefined)
        throw new EngineError("invalid-argument", `invalid entry name ${JSON.stringify(entry.escape)}`);
      await files.#add(entry, content, spool);
    }
    return files;
  }

  has(path: string): boolean {
    return this.#files.has(this.#resolve(path));
  }

  /** Links are followed inside the archive. @throws EngineError invalid-argument */
  find(path: string): Spooled {
    const file = this.#files.get(this.#resolve(path));
    if (file === undefined) throw new EngineError("invalid-argument", `open ${path}: no such file or directory`);
    return file;
  }

  /** @throws EngineError invalid-argument also for a file of more than `limit` bytes */
  async bytes(path: string, limit: number): Promise<Uint8Array> {
    const file = this.find(path);
    if (file.sizeBytes > limit)
      throw new EngineError("invalid-argument", `${path} of ${file.sizeBytes} bytes is too large`);
    return await collect(file.open(), limit);
  }

  async #add({ path, type, size, link }: TarEntry, content: ByteStream, spool: Spool): Promise<void> {
    this.#files.delete(path);
    this.#links.delete(path);
    if (this.#files.size + this.#links.size >= MAX_FILES)
      throw new EngineError("invalid-argument", "the archive holds too many files");
    if (type === "hard-link") this.#links.set(path, link);
    else if (type === "symlink") this.#links.set(path, link.startsWith("/") ? cleanPath(link) : beside(path, link));
    else if (type === "file") this.#files.set(path, await this.#store(size, content, spool));
  }

  async #store(size: number, content: ByteStream, spool: Spool): Promise<Spooled> {
    if (size > SMALL_BYTES || this.#memoryBytes + size > MEMORY_BYTES) return await spool.add(content);
    this.#memoryBytes += size;
    const bytes = await collect(content, size);
    return { sizeBytes: size, open: () => streamOf(bytes) };
  }

  /** Also a directory in the path may be a symlink: `<id>` of old archives. */
  #resolve(path: string): string {
    let resolved = cleanPath(path);
    for (let links = 0; links < MAX_LINKS; links += 1) {
      const next = this.#step(resolved);
      if (next === undefined) return resolved;
      resolved = next;
    }
    throw new EngineError("invalid-argument", `too many links in ${path}`);
  }

  #step(path: string): string | undefined {
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      const target = this.#links.get(path.slice(0, end));
      if (target !== undefined) return cleanPath(target + path.slice(end));
    }
    return undefined;
  }
}

function beside(path: string, link: string): string {
  return cleanPath(`${path.slice(0, path.lastIndexOf("/") + 1)}${link}`);
}
