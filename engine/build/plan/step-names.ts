import type { Instruction } from "../../dockerfile/dockerfile.ts";

/** Names of a stage's steps as BuildKit counts them: `[builder 2/4] `. */
export class StepNames {
  readonly #stage: string;
  #total: number;
  #index = 0;

  /** @param stage "" when it is the only one */
  constructor(stage: string, total: number) {
    this.#stage = stage;
    this.#total = total;
  }

  /** More steps that are only known now. BuildKit counts every trigger of `ONBUILD`, also one that changes nothing but the config. */
  add(count: number): void {
    this.#total += count;
  }

  next(text: string): string {
    if (this.#total === 0) return text;
    this.#index += 1;
    const index = String(this.#index).padStart(String(this.#total).length);
    return `[${this.#stage === "" ? "" : `${this.#stage} `}${index}/${this.#total}] ${text}`;
  }
}

/** Whether an instruction is a step of its own, not only a change of the config. */
export function makesLayer({ name }: Instruction): boolean {
  return name === "RUN" || name === "COPY" || name === "ADD" || name === "WORKDIR";
}

/** `run  make` → `RUN  make` */
export function withUpperCaseName(text: string): string {
  return text.replace(/^[^ ]+/, (name) => name.toUpperCase());
}

/** The first line of a here-document, for the step's name. */
export function summarizeHeredoc(content: string): string {
  const lines = content.trim().replaceAll("\r\n", "\n").split("\n");
  return `${lines[0] ?? ""}${lines.length > 1 ? "..." : ""}`;
}
