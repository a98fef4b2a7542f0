/** The writing half of a 9P2000.L client, for tests. */
import { decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { Message } from "../snapshots/nine-p-messages.ts";
import { NinePClient } from "../snapshots/test-nine-p-client.ts";

export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const AT_REMOVEDIR = 0x200;

/** What setattr is asked to change. */
export interface SetAttributes {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  /** Seconds; "now" is the server's. */
  readonly mtime?: number | "now";
}

/** Paths are relative to the fid that {@link NinePClient.attach} gave. */
export class WorkspaceClient extends NinePClient {
  #nextFid = 1_000_000;

  /** The session's root, for a user. */
  async attachAs(uid: number): Promise<number> {
    const fid = this.#nextFid++;
    await this.request(Message.attach, (out) =>
      out.u32(fid).u32(0xffffffff).string(encodeUtf8("")).string(encodeUtf8("")).u32(uid),
    );
    return fid;
  }

  /** An open fid on a new file. */
  async create(root: number, path: string, { flags = O_RDWR, mode = 0o644, gid = 0 } = {}): Promise<number> {
    const { parent, name } = await this.#parent(root, path);
    await this.request(Message.lcreate, (out) => out.u32(parent).string(name).u32(flags).u32(mode).u32(gid));
    return parent;
  }

  async write(fid: number, offset: number, bytes: Uint8Array | string): Promise<number> {
    const data = typeof bytes === "string" ? encodeUtf8(bytes) : bytes;
    return (await this.request(Message.write, (out) => out.u32(fid).u64(offset).u32(data.length).raw(data))).u32();
  }

  /** Makes, or replaces the content of, a file. */
  async writeFile(root: number, path: string, text: string): Promise<void> {
    const fid = await this.create(root, path, { flags: O_WRONLY | O_TRUNC });
    if (text !== "") await this.write(fid, 0, text);
    await this.clunk(fid);
  }

  async readText(root: number, path: string): Promise<string> {
    return decodeUtf8(await this.readFile(root, path));
  }

  async mkdir(root: number, path: string, mode = 0o755, gid = 0): Promise<void> {
    const { parent, name } = await this.#parent(root, path);
    await this.#thenClunk(parent, Message.mkdir, (out) => out.u32(parent).string(name).u32(mode).u32(gid));
  }

  async symlink(root: number, path: string, target: string): Promise<void> {
    const { parent, name } = await this.#parent(root, path);
    await this.#thenClunk(parent, Message.symlink, (out) =>
      out.u32(parent).string(name).string(encodeUtf8(target)).u32(0),
    );
  }

  async mknod(root: number, path: string, mode: number): Promise<void> {
    const { parent, name } = await this.#parent(root, path);
    await this.#thenClunk(parent, Message.mknod, (out) => out.u32(parent).string(name).u32(mode).u32(1).u32(3).u32(0));
  }

  async link(root: number, existing: string, path: string): Promise<void> {
    const file = await this.walk(root, existing);
    const { parent, name } = await this.#parent(root, path);
    await this.#thenClunk(parent, Message.link, (out) => out.u32(parent).u32(file).string(name)).finally(() =>
      this.clunk(file),
    );
  }

  async rename(root: number, from: string, to: string): Promise<void> {
    const source = await this.#parent(root, from);
    const target = await this.#parent(root, to);
    await this.#thenClunk(source.parent, Message.renameat, (out) =>
      out.u32(source.parent).string(source.name).u32(target.parent).string(target.name),
    ).finally(() => this.clunk(target.parent));
  }

  async unlink(root: number, path: string, flags = 0): Promise<void> {
    const { parent, name } = await this.#parent(root, path);
    await this.#thenClunk(parent, Message.unlinkat, (out) => out.u32(parent).string(name).u32(flags));
  }

  async setattr(fid: number, changes: SetAttributes): Promise<void> {
    const { mode, uid, gid, size, mtime } = changes;
    const valid =
      (mode === undefined ? 0 : 1) |
      (uid === undefined ? 0 : 2) |
      (gid === undefined ? 0 : 4) |
      (size === undefined ? 0 : 8) |
      (mtime === undefined ? 0 : 32) |
      (typeof mtime === "number" ? 256 : 0);
    await this.request(Message.setattr, (out) =>
      out
        .u32(fid)
        .u32(valid)
        .u32(mode ?? 0)
        .u32(uid ?? 0)
        .u32(gid ?? 0)
        .u64(size ?? 0)
        .u64(0)
        .u64(0)
        .u64(typeof mtime === "number" ? mtime : 0)
        .u64(0),
    );
  }

  /** As setxattr(2); without a value the attribute is removed as Linux does it. */
  async setXattr(fid: number, name: string, value: string | undefined, flags = 0): Promise<void> {
    const own = await this.walk(fid, "");
    const bytes = encodeUtf8(value ?? "");
    await this.request(Message.xattrcreate, (out) =>
      out
        .u32(own)
        .string(encodeUtf8(name))
        .u64(bytes.length)
        .u32(value === undefined ? 2 : flags),
    ).catch(async (error: unknown) => {
      await this.clunk(own);
      throw error;
    });
    if (bytes.length > 0) await this.write(own, 0, bytes);
    await this.clunk(own);
  }

  async fsync(fid: number): Promise<void> {
    await this.request(Message.fsync, (out) => out.u32(fid).u32(0));
  }

  async statfs(fid: number): Promise<{ blockBytes: number; free: number; freeFiles: number }> {
    const answer = await this.request(Message.statfs, (out) => out.u32(fid));
    answer.u32();
    const blockBytes = answer.u32();
    answer.u64();
    const free = answer.u64();
    answer.u64();
    answer.u64();
    return { blockBytes, free, freeFiles: answer.u64() };
  }

  async #parent(root: number, path: string): Promise<{ parent: number; name: Uint8Array }> {
    const slash = path.lastIndexOf("/");
    return {
      parent: await this.walk(root, path.slice(0, Math.max(0, slash))),
      name: encodeUtf8(path.slice(slash + 1)),
    };
  }

  async #thenClunk(fid: number, ...request: Parameters<NinePClient["request"]>): Promise<void> {
    try {
      await this.request(...request);
    } finally {
      await this.clunk(fid);
    }
  }
}
