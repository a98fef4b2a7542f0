import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import type { TarPiece } from "../../archive/tree-tar.ts";
import type { ByteStream } from "../../base/streams.ts";
import type { GitRelay } from "../context/remote-context.ts";
import type { SpoolPorts } from "../context/byte-spool.ts";

/** A `COPY` or `ADD`, its variables replaced. */
export interface CopyRequest {
  readonly instruction: "COPY" | "ADD";
  /** Where local sources are: the context, a stage's result, an image, a named context. */
  readonly from: ReadableLowerFiles;
  /** Names it in errors: `failed to calculate checksum of ref <fromId>: …`. BuildKit's are random. */
  readonly fromId?: string;
  /** As written: patterns, and for `ADD` URLs and git repositories. */
  readonly sources: readonly string[];
  readonly heredocs: readonly { readonly name: string; readonly content: string }[];
  /** As written. */
  readonly destination: string;
  /** The stage's `WORKDIR`, absolute; "" is "/". */
  readonly workingDirectory: string;
  /** `--chown`: `name`, `uid`, `name:group`, `uid:gid`. */
  readonly chown?: string;
  /** `--chmod`: octal or symbolic. */
  readonly chmod?: string;
  /** The layer is made as if on nothing: it does not depend on what is below. */
  readonly link?: boolean;
  readonly parents?: boolean;
  readonly exclude?: readonly string[];
  readonly checksum?: string;
  readonly keepGitDir?: boolean;
  readonly unpack?: boolean;
}

/** Times of a layer that is made here. Whole seconds since the epoch. */
export interface LayerTimes {
  /** Of what no source gives a time: directories that are made, here-documents. Not the clock's: the same build gives the same bytes. */
  readonly madeSeconds: number;
  /** `SOURCE_DATE_EPOCH`: nothing in the layer is younger. */
  readonly latestSeconds?: number;
}

/** What a GET of a URL gave. */
export interface FetchedUrl {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: ByteStream;
}

/** Reaches what is outside: `ADD https://…`, contexts by URL. */
export interface UrlFetcher {
  /** A GET, redirects followed. @throws EngineError unavailable when there is no way to it */
  get(url: string, options: { readonly signal?: AbortSignal }): Promise<FetchedUrl>;
}

export interface CopyPorts {
  /** Without it URLs are refused. */
  readonly fetcher?: UrlFetcher;
  /** Without it git repositories are refused. */
  readonly git?: GitRelay;
  /** No URL's content and no unpacked archive may be longer; 1 GiB. */
  readonly maxBytes?: number;
  /** Where downloads and unpacked archives are put by when they are large; without it they stay in memory. */
  readonly spool?: SpoolPorts;
  readonly times: LayerTimes;
  readonly signal?: AbortSignal;
}

/** A checked `COPY` or `ADD`, before anything is made. */
export interface CopyPlan extends AsyncDisposable {
  /** It does not matter for the layer what it stands on, but see `pieces`: `--link`. */
  readonly isIndependent: boolean;
  /**
   * Part of the step's key in the cache: the content and metadata of what is copied, without times (BuildKit's `contenthash`), the destination
   * and every flag. Not what it stands on: the step's key is this and the key of the state below (nothing for an independent one).
   * Reads the sources; downloads URLs.
   *
   * @throws EngineError not-found: `failed to calculate checksum of ref …: "/x": not found`, before which `docker build` prints
   * `failed to compute cache key: `
   */
  contentDigest(): Promise<string>;
  /**
   * The entries of the layer, parents first, for `writeTar`. The same input gives the same entries.
   *
   * @param lower what the layer goes on. For an independent one it is not looked at.
   */
  pieces(lower: ReadableLowerFiles): AsyncIterable<TarPiece>;
}
