import { cleanPath } from "./clean-path.ts";
import { trimSpace } from "./go-text.ts";
import { PatternMatcher } from "./pattern-matcher.ts";

/** A `.dockerignore` file: what of a directory is not sent to the builder. https://docs.docker.com/build/concepts/context/#dockerignore-files */
export class DockerIgnore {
  readonly #matcher: PatternMatcher;

  private constructor(patterns: readonly string[]) {
    this.#matcher = new PatternMatcher(patterns);
  }

  /** @throws EngineError invalid-argument for a malformed pattern */
  static parse(text: string): DockerIgnore {
    return new DockerIgnore(readIgnoreFile(text));
  }

  /** Whether it has no pattern at all. */
  get isEmpty(): boolean {
    return this.#matcher.patterns.length === 0;
  }

  /** Whether it has `!` lines. */
  get hasExceptions(): boolean {
    return this.#matcher.hasExceptions;
  }

  /** @param path relative to the context: `a/b` @throws EngineError for a pattern that only now turns out to be malformed */
  ignores(path: string): boolean {
    return this.#matcher.matches(path);
  }

  /** Whether an ignored directory has to be looked into all the same. */
  mayContainExceptions(directory: string): boolean {
    return this.#matcher.mayContainExceptions(directory);
  }

  /** Whether it ignores all there is: `*`. */
  get ignoresAll(): boolean {
    return this.#matcher.patterns.some(({ text, isException }) => !isException && EVERYTHING.has(text));
  }
}

const EVERYTHING: ReadonlySet<string> = new Set(["*", "**", "**/*"]);

/** The patterns of the file: no comments, no blanks around them, no slash in front. moby's `ignorefile.ReadAll`. */
export function readIgnoreFile(text: string): readonly string[] {
  const patterns: string[] = [];
  for (const line of text.replace(/^\uFEFF/, "").split("\n")) {
    const trimmed = trimSpace(line);
    if (line.startsWith("#") || trimmed === "") continue;
    const mark = trimmed.startsWith("!") ? "!" : "";
    const pattern = trimSpace(trimmed.slice(mark.length));
    const cleaned = pattern === "" ? "" : cleanPath(pattern);
    patterns.push(mark + (cleaned.length > 1 ? cleaned.replace(/^\//, "") : cleaned));
  }
  return patterns;
}
