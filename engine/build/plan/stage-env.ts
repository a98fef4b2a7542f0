/** The variables that an instruction sees: those of `ENV` and `ARG`, each replacing what was set before it. */
export class StageEnv {
  readonly #values = new Map<string, string>();

  constructor(entries: readonly string[] = []) {
    this.addAll(entries);
  }

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  /** @param entries `NAME=value` */
  addAll(entries: readonly string[]): void {
    for (const entry of entries) {
      const equals = entry.indexOf("=");
      if (equals > 0) this.set(entry.slice(0, equals), entry.slice(equals + 1));
    }
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  entries(): readonly string[] {
    return [...this.#values].map(([name, value]) => `${name}=${value}`);
  }
}

/** The list of an image's config with one variable set, at its old place. */
export function withVariable(env: readonly string[], name: string, value: string): readonly string[] {
  const at = env.findIndex((entry) => entry.startsWith(`${name}=`));
  return at < 0 ? [...env, `${name}=${value}`] : env.with(at, `${name}=${value}`);
}
