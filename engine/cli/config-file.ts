/** The user's `config.json`, where credentials of registries are kept, as `github.com/docker/cli` writes it. */
import { messageOf } from "../base/errors.ts";
import { collectText, encodeUtf8, streamOf } from "../base/streams.ts";
import { encodeGoJson } from "../wire/go-json.ts";
import type { CommandContext } from "./command-context.ts";
import { complain } from "./output.ts";

/** What a registry knows a user by. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** In place of a password, from a registry that gave one. */
  readonly identityToken?: string;
}

interface StoredAuth {
  /** `user:password` in base64. */
  readonly auth?: string;
  readonly identitytoken?: string;
}

interface ConfigJson {
  readonly auths?: Readonly<Record<string, StoredAuth>>;
  readonly [key: string]: unknown;
}

/** Docker Hub's key in the file. */
export const INDEX_SERVER = "https://index.docker.io/v1/";

export class ConfigFile {
  readonly path: string;
  readonly #context: CommandContext;
  readonly #directory: string;
  #json: ConfigJson;

  /** `directory`: `/root/.docker`. A file that cannot be read is warned of, and counts as empty. */
  static async open(context: CommandContext, directory: string): Promise<ConfigFile> {
    const path = `${directory}/config.json`;
    try {
      const found = await context.files.stat(path, { follow: true });
      const text = found && (await collectText(await context.files.read(path), 1 << 20));
      return new ConfigFile(context, directory, text ? (JSON.parse(text) as ConfigJson) : {});
    } catch (error) {
      await complain(context, `WARNING: Error loading config file: ${path}: ${messageOf(error)}`);
      return new ConfigFile(context, directory, {});
    }
  }

  private constructor(context: CommandContext, directory: string, json: ConfigJson) {
    this.path = `${directory}/config.json`;
    this.#context = context;
    this.#directory = directory;
    this.#json = json;
  }

  /** Of a registry by its key: {@link INDEX_SERVER}, `localhost:5000`; keys of old that are URLs count too. */
  credentials(server: string): Credentials | undefined {
    const auths = this.#json.auths ?? {};
    const stored = auths[server] ?? Object.entries(auths).find(([key]) => hostnameOf(key) === server)?.[1];
    return stored && decodeAuth(stored);
  }

  /** All registries that something is stored for, by their keys. */
  servers(): readonly string[] {
    return Object.keys(this.#json.auths ?? {});
  }

  /** Returns whether that changed anything. */
  async store(server: string, credentials: Credentials): Promise<boolean> {
    const before = this.#json.auths?.[server];
    const { username, password, identityToken } = credentials;
    const auth = btoa(String.fromCharCode(...encodeUtf8(`${username}:${password}`)));
    const stored = { auth, ...(identityToken !== undefined && { identitytoken: identityToken }) };
    if (before?.auth === auth && before.identitytoken === identityToken) return false;
    await this.#save({ ...this.#json.auths, [server]: stored });
    return true;
  }

  async erase(server: string): Promise<void> {
    const { [server]: found, ...others } = this.#json.auths ?? {};
    if (found !== undefined) await this.#save(others);
  }

  async #save(auths: Readonly<Record<string, StoredAuth>>): Promise<void> {
    const sorted = Object.fromEntries(Object.entries(auths).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    this.#json = { ...this.#json, auths: sorted };
    await this.#context.files.makeDirectory(this.#directory, 0o700);
    await this.#context.files.write(this.path, streamOf(encodeUtf8(encodeGoJson(this.#json, "\t"))), { mode: 0o600 });
  }
}

/** Where the file is: `--config`, `DOCKER_CONFIG`, or in the user's home. */
export function configDirectory({ env }: CommandContext, option: string | undefined): string {
  return option ?? (env.get("DOCKER_CONFIG") || `${env.get("HOME") ?? "/root"}/.docker`);
}

/** A registry's host, with its port when one is given: `https://index.docker.io/v1/` is `index.docker.io`. */
export function hostnameOf(address: string): string {
  return address.replace(/^[a-z]+:\/\//, "").split("/", 1)[0] as string;
}

function decodeAuth({ auth = "", identitytoken }: StoredAuth): Credentials {
  const [username = "", password = ""] = new TextDecoder()
    .decode(Uint8Array.from(atob(auth), (character) => character.charCodeAt(0)))
    .split(/:(.*)/s);
  return { username, password: password.replace(/\0+$/, ""), ...(identitytoken && { identityToken: identitytoken }) };
}
