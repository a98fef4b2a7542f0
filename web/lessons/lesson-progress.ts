import type { LessonLanguage } from "./lesson.ts";

const PROGRESS = "drydock:lessons";
const LANGUAGE = "drydock:lesson-language";

/** Steps that were done, by lesson. Kept by this browser; lost without harm. */
export class LessonProgress {
  #done: Map<string, Set<string>>;

  constructor() {
    this.#done = read();
  }

  isDone(slug: string, step: string): boolean {
    return this.#done.get(slug)?.has(step) ?? false;
  }

  count(slug: string): number {
    return this.#done.get(slug)?.size ?? 0;
  }

  finish(slug: string, step: string): void {
    const steps = this.#done.get(slug) ?? new Set();
    this.#done.set(slug, steps.add(step));
    write(PROGRESS, JSON.stringify([...this.#done].map(([lesson, done]) => [lesson, [...done]])));
  }

  /** Of the learner's choice, or else of the browser. */
  get language(): LessonLanguage {
    const chosen = stored(LANGUAGE);
    if (chosen === "en" || chosen === "ko") return chosen;
    return navigator.language.startsWith("ko") ? "ko" : "en";
  }

  set language(language: LessonLanguage) {
    write(LANGUAGE, language);
  }
}

/** What is stored may be anything: another version wrote it, or a person did. */
function read(): Map<string, Set<string>> {
  try {
    const value: unknown = JSON.parse(stored(PROGRESS) ?? "[]");
    if (!Array.isArray(value)) return new Map();
    return new Map(
      value.flatMap((entry: unknown) => {
        if (!Array.isArray(entry) || typeof entry[0] !== "string" || !Array.isArray(entry[1])) return [];
        return [[entry[0], new Set(entry[1].filter((step: unknown) => typeof step === "string"))] as const];
      }),
    );
  } catch {
    return new Map();
  }
}

function stored(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A private window: it is known until the tab is closed.
  }
}
