/**
 * A Dockerfile as its parser leaves it: nothing is expanded, nothing is looked up, everything knows where it stands.
 * https://docs.docker.com/reference/dockerfile/, BuildKit's `frontend/dockerfile/{parser,instructions}`.
 */

/** Lines of the file, from 1, both inclusive. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** `# syntax=`, `# escape=`, `# check=` at the top. */
export interface Directives {
  readonly syntax?: string;
  readonly escape: "\\" | "`";
  /** `skip=A,B;error=true`, parsed. `skip` may hold `all`. */
  readonly check: CheckOptions;
}

/** Which build checks are reported. Both lists may hold `all`. */
export interface CheckOptions {
  readonly skip: readonly string[];
  readonly experimental: readonly string[];
  /** A finding fails the build. */
  readonly error: boolean;
}

export interface Dockerfile {
  readonly directives: Directives;
  /** `ARG`s before the first `FROM`. */
  readonly metaArgs: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
}

export interface Stage {
  readonly from: FromInstruction;
  /** After its `FROM`, in order. */
  readonly instructions: readonly Instruction[];
}

/** What every instruction has. */
export interface Place {
  readonly range: LineRange;
  /** As written, continuations joined and comments gone: what BuildKit shows as the step's name before expansion. */
  readonly original: string;
}

/** A name with an unexpanded value. `value` undefined: none was given (`ARG X`). */
export interface Pair {
  readonly name: string;
  readonly value?: string;
}

/** A here-document. */
export interface Heredoc {
  /** The word after `<<`, unquoted: the file's name in `COPY`. */
  readonly name: string;
  /** Variables are replaced in it (the word was not quoted). */
  readonly expand: boolean;
  readonly chomp: boolean;
  /** With `<<-`, without the tabs that begin its lines. */
  readonly content: string;
  /** As it stands in the file: what a shell that reads the document itself is given. */
  readonly source: string;
  /** 0 unless it redirects another descriptor (`3<<EOF`). */
  readonly fileDescriptor: number;
}

/** Shell form: one line for the shell of the stage. Exec form: the words. */
export type CommandLine =
  | { readonly form: "shell"; readonly line: string; readonly heredocs: readonly Heredoc[] }
  | { readonly form: "exec"; readonly words: readonly string[] };

/** `RUN --mount=` as written. Its values may hold variables, so that only `parseRunMount` can tell what it says, once the step is made. */
export interface MountOption {
  readonly text: string;
  /** The one key that takes no variables: a stage or an image. */
  readonly from?: string;
}

/** `RUN --mount=` with its variables replaced and its keys checked. */
export interface RunMount {
  readonly type: "bind" | "cache" | "tmpfs" | "secret" | "ssh";
  readonly from?: string;
  readonly source?: string;
  readonly target?: string;
  readonly readonly: boolean;
  readonly id?: string;
  readonly sharing?: "shared" | "private" | "locked";
  readonly required?: boolean;
  readonly sizeBytes?: number;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Of a secret: set this variable; with no `target`, no file is made. */
  readonly env?: string;
}

export type FromInstruction = Place & {
  readonly name: "FROM";
  readonly image: string;
  readonly platform?: string;
  /** `AS`, lower case. */
  readonly as?: string;
};

export type ArgInstruction = Place & { readonly name: "ARG"; readonly pairs: readonly Pair[] };

/** `COPY` and `ADD`. Values are unexpanded. */
export type CopyInstruction = Place & {
  readonly name: "COPY" | "ADD";
  /** Patterns, URLs; without the here-documents. */
  readonly sources: readonly string[];
  readonly heredocs: readonly Heredoc[];
  readonly destination: string;
  readonly from?: string;
  readonly chown?: string;
  readonly chmod?: string;
  readonly link?: boolean;
  readonly parents?: boolean;
  readonly exclude: readonly string[];
  readonly checksum?: string;
  readonly keepGitDir?: boolean;
  readonly unpack?: boolean;
};

export type RunInstruction = Place & {
  readonly name: "RUN";
  readonly command: CommandLine;
  readonly mounts: readonly MountOption[];
  readonly network?: "default" | "none" | "host";
  readonly security?: "sandbox" | "insecure";
};

export type HealthcheckInstruction = Place & {
  readonly name: "HEALTHCHECK";
  /** Undefined: `NONE`. */
  readonly command?: CommandLine;
  /** Go durations as written. */
  readonly interval?: string;
  readonly timeout?: string;
  readonly startPeriod?: string;
  readonly startInterval?: string;
  readonly retries?: string;
};

export type Instruction =
  | ArgInstruction
  | CopyInstruction
  | RunInstruction
  | HealthcheckInstruction
  | (Place & { readonly name: "ENV" | "LABEL"; readonly pairs: readonly Required<Pair>[] })
  | (Place & { readonly name: "CMD" | "ENTRYPOINT"; readonly command: CommandLine })
  | (Place & { readonly name: "EXPOSE"; readonly ports: readonly string[] })
  | (Place & { readonly name: "VOLUME"; readonly paths: readonly string[] })
  | (Place & { readonly name: "WORKDIR"; readonly path: string })
  | (Place & { readonly name: "USER"; readonly user: string })
  | (Place & { readonly name: "STOPSIGNAL"; readonly signal: string })
  | (Place & { readonly name: "MAINTAINER"; readonly maintainer: string })
  | (Place & { readonly name: "SHELL"; readonly words: readonly string[] })
  /** The text after `ONBUILD`: it is parsed where it triggers. */
  | (Place & { readonly name: "ONBUILD"; readonly expression: string });

/** One finding of the build checks (https://docs.docker.com/reference/build-checks/). */
export interface CheckWarning {
  /** `FromAsCasing` */
  readonly rule: string;
  /** One sentence of what the rule is about. */
  readonly description: string;
  readonly url: string;
  /** What is wrong here. */
  readonly message: string;
  readonly ranges: readonly LineRange[];
}
