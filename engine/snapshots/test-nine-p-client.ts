/** A 9P2000.L client for tests: it speaks to a server in process, one request at a time unless told otherwise. */
import { concat, decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import type { NinePServer } from "../guest/nine-p.ts";
import { Message, MessageReader, MessageWriter } from "./nine-p-messages.ts";

export class ErrnoError extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}

export interface Stat {
  readonly qidType: number;
  readonly qidVersion: number;
  readonly qidPath: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly nlink: number;
  readonly rdev: number;
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
}

export class NinePClient {
  readonly #server: Pick<NinePServer, "handle">;
  #nextFid = 1;
  #nextTag = 1;
  /** Requests whose answer did not come in the same tick. */
  lateAnswers = 0;

  constructor(server: Pick<NinePServer, "handle">) {
    this.#server = server;
  }

  /** Sends fields and resolves to a reader of the answer's. @throws ErrnoError */
  async request(
    type: number,
    fields: (out: MessageWriter) => unknown,
    tag = (this.#nextTag = (this.#nextTag % 60_000) + 1),
  ): Promise<MessageReader> {
    const out = new MessageWriter(512_000).begin(type, tag);
    fields(out);
    const answer = await this.exchange(out.finish());
    const reader = new MessageReader();
    const header = reader.load(answer);
    if (header.tag !== tag) throw new Error(`tag ${header.tag} instead of ${tag}`);
    if (header.type === 7) throw new ErrnoError(reader.u32());
    if (header.type !== type + 1) throw new Error(`answer ${header.type} to ${type}`);
    return reader;
  }

  async exchange(message: Uint8Array): Promise<Uint8Array> {
    let answers = 0;
    let response: Uint8Array | undefined;
    let arrived = (): void => undefined;
    this.#server.handle(message, (bytes) => {
      answers += 1;
      if (answers > 1) throw new Error("answered twice");
      response = bytes.slice();
      arrived();
    });
    if (!response) {
      this.lateAnswers += 1;
      await new Promise<void>((resolve) => (arrived = resolve));
    }
    return response as unknown as Uint8Array;
  }

  async version(msize = 512_000, version = "9P2000.L"): Promise<{ msize: number; version: string }> {
    const answer = await this.request(Message.version, (out) => out.u32(msize).string(encodeUtf8(version)), 0xffff);
    return { msize: answer.u32(), version: decodeUtf8(answer.string()) };
  }

  async attach(path = ""): Promise<number> {
    const fid = this.#nextFid++;
    await this.request(Message.attach, (out) =>
      out.u32(fid).u32(0xffffffff).string(encodeUtf8("root")).string(encodeUtf8(path)).u32(0),
    );
    return fid;
  }

  /** @throws ErrnoError ENOENT also when only a part of the path is there */
  async walk(from: number, path: string | readonly Uint8Array[]): Promise<number> {
    const names =
      typeof path === "string"
        ? path
            .split("/")
            .filter((name) => name !== "")
            .map(encodeUtf8)
        : path;
    let fid = from;
    for (let at = 0; at === 0 || at < names.length; at += 16) {
      const step = names.slice(at, at + 16);
      const next = this.#nextFid++;
      const source = fid;
      const answer = await this.request(Message.walk, (out) => {
        out.u32(source).u32(next).u16(step.length);
        for (const name of step) out.string(name);
      });
      if (fid !== from) await this.clunk(fid);
      if (answer.u16() !== step.length) throw new ErrnoError(2);
      fid = next;
    }
    return fid;
  }

  async open(fid: number, flags = 0): Promise<void> {
    await this.request(Message.lopen, (out) => out.u32(fid).u32(flags));
  }

  async clunk(fid: number): Promise<void> {
    await this.request(Message.clunk, (out) => out.u32(fid));
  }

  async getattr(fid: number): Promise<Stat> {
    const answer = await this.request(Message.getattr, (out) => out.u32(fid).u64(0x7ff));
    const valid = answer.u64();
    if (valid !== 0x7ff) throw new Error(`valid mask ${valid.toString(16)}`);
    const qid = { qidType: answer.u8(), qidVersion: answer.u32(), qidPath: u64(answer) };
    const fields = {
      mode: answer.u32(),
      uid: answer.u32(),
      gid: answer.u32(),
      nlink: answer.u64(),
      rdev: answer.u64(),
      size: answer.u64(),
    };
    answer.u64();
    answer.u64();
    answer.u64();
    answer.u64();
    return { ...qid, ...fields, mtimeSeconds: answer.u64(), mtimeNanoseconds: answer.u64() };
  }

  async read(fid: number, offset: number, count: number): Promise<Uint8Array> {
    const answer = await this.request(Message.read, (out) => out.u32(fid).u64(offset).u32(count));
    return answer.raw(answer.u32());
  }

  /** All names of an open directory, with type and qid path. */
  async readdir(fid: number, count = 4096): Promise<{ name: string; type: number; qidPath: bigint }[]> {
    const found: { name: string; type: number; qidPath: bigint }[] = [];
    for (let cookie = 0; ;) {
      const offset = cookie;
      const answer = await this.request(Message.readdir, (out) => out.u32(fid).u64(offset).u32(count));
      const length = answer.u32();
      if (length > count) throw new Error("more than was asked for");
      if (length === 0) return found;
      for (let used = 0; used < length;) {
        answer.u8();
        answer.u32();
        const qidPath = u64(answer);
        cookie = answer.u64();
        const type = answer.u8();
        const name = answer.string();
        used += 24 + name.length;
        found.push({ name: decodeUtf8(name), type, qidPath });
      }
    }
  }

  async readlink(fid: number): Promise<string> {
    return decodeUtf8((await this.request(Message.readlink, (out) => out.u32(fid))).string());
  }

  /** An attribute's value, or with "" the list of names. */
  async xattr(fid: number, name: string): Promise<string> {
    const next = this.#nextFid++;
    const size = (
      await this.request(Message.xattrwalk, (out) => out.u32(fid).u32(next).string(encodeUtf8(name)))
    ).u64();
    const value = size === 0 ? new Uint8Array(0) : await this.read(next, 0, size);
    await this.clunk(next);
    return Buffer.from(value).toString("latin1");
  }

  /** Whole content of a file, by path. */
  async readFile(root: number, path: string, pieceBytes = 65_536): Promise<Uint8Array> {
    const fid = await this.walk(root, path);
    await this.open(fid);
    const pieces: Uint8Array[] = [];
    for (let offset = 0; ;) {
      const piece = await this.read(fid, offset, pieceBytes);
      if (piece.length === 0) break;
      pieces.push(piece);
      offset += piece.length;
    }
    await this.clunk(fid);
    return concat(pieces);
  }

  async stat(root: number, path: string): Promise<Stat> {
    const fid = await this.walk(root, path);
    const stat = await this.getattr(fid);
    await this.clunk(fid);
    return stat;
  }

  async list(root: number, path: string, count?: number): Promise<string[]> {
    const fid = await this.walk(root, path);
    await this.open(fid, 0o200000);
    const entries = await this.readdir(fid, count);
    await this.clunk(fid);
    return entries.map(({ name }) => name).filter((name) => name !== "." && name !== "..");
  }
}

function u64(reader: MessageReader): bigint {
  const low = BigInt(reader.u32());
  return (BigInt(reader.u32()) << 32n) | low;
}
