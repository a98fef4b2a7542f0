import type { Token } from "marked";
import type { Claim } from "./claim.ts";

/** A language that lessons are written in. */
export type LessonLanguage = "en" | "ko";

/** A lesson as it is shown; `lessons/README.md` describes the text it is made of. */
export interface Lesson {
  /** Its folder's name: `01-first-container`. */
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  readonly minutes: number;
  /** Pulled when the lesson is opened. */
  readonly images: readonly string[];
  readonly layout: "terminal" | "editor";
  /** The slug of the lesson that follows. */
  readonly next: string | undefined;
  readonly introduction: readonly LessonBlock[];
  readonly steps: readonly LessonStep[];
}

export interface LessonStep {
  /** The same in all languages. */
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly LessonBlock[];
  /** All must hold for the step to be done. */
  readonly claims: readonly Claim[];
}

export type LessonBlock =
  /** Plain Markdown: never put into the page as HTML. */
  | { readonly type: "text"; readonly token: Token }
  /** `enter`: the button presses Enter too. */
  | { readonly type: "command"; readonly lines: readonly string[]; readonly enter: boolean }
  /** `save`: the file of the workspace that the button writes. */
  | { readonly type: "code"; readonly language: string; readonly text: string; readonly save: string | undefined }
  | { readonly type: "hint" | "try"; readonly tokens: readonly Token[] };
