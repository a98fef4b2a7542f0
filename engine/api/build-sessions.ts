import type { NamedContext } from "../build/build-request.ts";
import { EngineError } from "../base/errors.ts";
import type { WireBuildSession } from "../wire/builds.ts";
import type { ReceivedContext } from "../build/context/receive-context.ts";

/** So many sessions wait for their build at most: the oldest goes when one more begins. */
const MAX_WAITING = 8;
/** BuildKit's limit (`session/secrets`). */
export const MAX_SECRET_BYTES = 500 << 10;

/**
 * What a client says of a build before it begins: named contexts, secrets, agents. It is in memory only, belongs to one build, and is gone
 * with it.
 */
export class BuildSession implements AsyncDisposable {
  readonly id: string = crypto.randomUUID();
  readonly options: WireBuildSession;
  readonly secrets = new Map<string, Uint8Array>();
  readonly sshAgents = new Map<string, string>();
  readonly contexts = new Map<string, ReceivedContext>();

  constructor(options: WireBuildSession) {
    this.options = options;
  }

  /** What was sent, and what only was named. @throws EngineError invalid-argument */
  namedContexts(): ReadonlyMap<string, NamedContext> {
    const named = Object.entries(this.options.NamedContexts ?? {}).map(
      ([name, place]) => [name.toLowerCase(), parseContextPlace(name, place)] as const,
    );
    const sent = [...this.contexts].map(([name, { files }]) => [name.toLowerCase(), { type: "files", files }] as const);
    return new Map<string, NamedContext>([...named, ...sent]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const secret of this.secrets.values()) secret.fill(0);
    this.secrets.clear();
    this.sshAgents.clear();
    const contexts = [...this.contexts.values()];
    this.contexts.clear();
    for (const context of contexts) await context[Symbol.asyncDispose]();
  }
}

/** Sessions whose build has not begun. */
export class BuildSessions {
  readonly #waiting = new Map<string, BuildSession>();

  async create(options: WireBuildSession): Promise<BuildSession> {
    const session = new BuildSession(options);
    this.#waiting.set(session.id, session);
    for (const [id, oldest] of this.#waiting) {
      if (this.#waiting.size <= MAX_WAITING) break;
      this.#waiting.delete(id);
      await oldest[Symbol.asyncDispose]();
    }
    return session;
  }

  /** @throws EngineError not-found */
  get(id: string): BuildSession {
    const session = this.#waiting.get(id);
    if (session === undefined) throw new EngineError("not-found", `no such build session: ${id}`);
    return session;
  }

  /** Hands it over to its build. @throws EngineError not-found */
  take(id: string): BuildSession {
    const session = this.get(id);
    this.#waiting.delete(id);
    return session;
  }
}

/** `docker-image://busybox`, `target:stage`. */
function parseContextPlace(name: string, place: string): NamedContext {
  const image = /^docker-image:\/\/(.+)$/.exec(place)?.[1];
  if (image !== undefined) return { type: "image", reference: image };
  const target = /^target:(.+)$/.exec(place)?.[1];
  if (target !== undefined) return { type: "stage", name: target };
  throw new EngineError("invalid-argument", `unsupported context source ${place} for ${name}`);
}
