/** What a case of the build corpus says: the same is built by a real Docker (`record.ts`) and by ours. */

/** Files by path. Their directories are implied: 0755, root's, of {@link CASE_TIME}. */
export type CaseFiles = Readonly<Record<string, CaseFile>>;

/** Text is a file of mode 0644. */
export type CaseFile =
  | string
  | { readonly content: string; readonly mode: number }
  | { readonly directory: true; readonly mode?: number }
  | { readonly symlink: string }
  | { readonly hardLink: string }
  /** An archive of these files. */
  | { readonly tar: CaseFiles; readonly gzip?: true };

/** When all files of a context were changed last; seconds. */
export const CASE_TIME = 1_600_000_000;

export interface BuildCase {
  /** Names it in the recording, and its image's tag. */
  readonly name: string;
  readonly dockerfile: string;
  readonly files?: CaseFiles;
  /** Images that are there before, by name. */
  readonly before?: Readonly<Record<string, Pick<BuildCase, "dockerfile" | "files">>>;
  readonly options?: BuildOptions;
  /** What its `RUN`s write has times of its own choice: their layers are the same bytes each time. */
  readonly isTimeless?: true;
}

/** Flags of `docker build`. */
export interface BuildOptions {
  /** `-f`, in the context. */
  readonly file?: string;
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** `--build-context`: files, or `docker-image://…`, `target:…`. */
  readonly contexts?: Readonly<Record<string, CaseFiles | string>>;
  readonly network?: string;
  readonly extraHosts?: readonly string[];
}

/** Cases that belong together; one recording. */
export interface CaseGroup {
  readonly name: string;
  readonly cases: readonly BuildCase[];
}

/** The image that most cases build on. */
export const BASE_LAYER = "sha256:29836fa19ee8b2a01413ab3ab3cca3ebadfb689978c1655233e225d0df3b22d3";

/** The tag of a case's image. */
export function tagOf({ name }: BuildCase): string {
  return `drydock-case-${name}`;
}
