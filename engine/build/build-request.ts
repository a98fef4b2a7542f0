import type { ReadableLowerFiles } from "../archive/lower-files.ts";

/** What `docker build` asks for. Defaults are the caller's business: everything is said. */
export interface BuildRequest {
  readonly dockerfile: { readonly name: string; readonly text: string };
  /** The context, `.dockerignore` applied. */
  readonly context: ReadableLowerFiles;
  /** `--build-context name=…`: by lower-case name. */
  readonly namedContexts: ReadonlyMap<string, NamedContext>;
  /** `--target`; "" is the last stage. */
  readonly target: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  /** `-t`, parsed later. */
  readonly tags: readonly string[];
  /** `--no-cache`; or only these stages (`--no-cache-filter`). */
  readonly noCache: boolean | ReadonlySet<string>;
  readonly cacheFrom: readonly string[];
  readonly pull: boolean;
  /** "" is the machine's own. */
  readonly platform: string;
  /** `--network`: of RUN instructions that say nothing else. */
  readonly network: string;
  /** `name:address` */
  readonly extraHosts: readonly string[];
  readonly shmSizeBytes: number;
  readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly memoryBytes: number;
  /** Secrets, ssh agents and registry logins of whoever builds. */
  readonly session: BuildSession;
  /** `--check`: findings only. */
  readonly checkOnly: boolean;
  /** The result's files are wanted and no image is made of them: `--output type=local`, `type=cacheonly`. */
  readonly filesOnly?: boolean;
  /** Bytes that were sent for the context; only told. */
  readonly contextBytes?: number;
  /** Where the context is in the guest, when the caller said so: the editor shows the build beside that Dockerfile. */
  readonly contextPath?: string;
}

export type NamedContext =
  | { readonly type: "files"; readonly files: ReadableLowerFiles }
  | { readonly type: "image"; readonly reference: string }
  | { readonly type: "stage"; readonly name: string };

/** What only the client knows. Undefined for what it has not. */
export interface BuildSession {
  secret(id: string): Promise<Uint8Array | undefined>;
  /** Path in the guest of an ssh agent's socket. */
  sshAgent(id: string): Promise<string | undefined>;
  registryAuth(host: string): Promise<{ readonly username: string; readonly password: string } | undefined>;
}
