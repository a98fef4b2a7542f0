import { lexer, type Token, type Tokens } from "marked";
import { parseClaim } from "./claim.ts";
import type { Lesson, LessonBlock, LessonStep } from "./lesson.ts";

const FRONT_MATTER = /^---\n(.*?)\n---\n/s;
const STEP_TITLE = /^(.*?)\s*\{#([\w-]+)\}$/;
const HINT = /^(?:Hint|힌트):\s*/;
const TRY = /^(?:Try|해 보기):\s*/;

/**
 * Reads a lesson (`lessons/README.md`).
 * @param slug its folder
 * @throws Error that names the lesson and what is wrong with it
 */
export function parseLesson(slug: string, source: string): Lesson {
  try {
    const match = FRONT_MATTER.exec(source);
    if (!match) throw new Error("it has no front matter");
    const fields = frontMatter(match[1] as string);
    const { introduction, steps } = sections(lexer(source.slice(match[0].length)));
    return { slug, ...fields, introduction, steps };
  } catch (error) {
    throw new Error(`lesson ${slug}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function frontMatter(text: string): Omit<Lesson, "slug" | "introduction" | "steps"> {
  const fields = new Map(
    text.split("\n").map((line) => {
      const colon = line.indexOf(":");
      if (colon < 1) throw new Error(`front matter is \`key: value\`, not: ${line}`);
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
  const required = (key: string): string => {
    const value = fields.get(key);
    if (value === undefined || value === "") throw new Error(`front matter lacks ${key}`);
    return value;
  };
  const layout = required("layout");
  if (layout !== "terminal" && layout !== "editor") throw new Error(`there is no layout ${layout}`);
  return {
    title: required("title"),
    description: required("description"),
    minutes: Number(required("minutes")),
    images: (fields.get("images") ?? "").split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()])),
    layout,
    next: fields.get("next"),
  };
}

function sections(tokens: readonly Token[]): Pick<Lesson, "introduction" | "steps"> {
  const introduction: LessonBlock[] = [];
  const steps: (LessonStep & { readonly blocks: LessonBlock[]; readonly claims: Claim[] })[] = [];
  for (const token of tokens) {
    if (token.type === "space") continue;
    const step = steps.at(-1);
    if (token.type === "heading" && (token as Tokens.Heading).depth === 2) {
      steps.push(newStep((token as Tokens.Heading).text, steps));
    } else if (token.type === "code" && (token as Tokens.Code).lang === "check") {
      if (!step) throw new Error("a check stands before the first step");
      for (const line of (token as Tokens.Code).text.split("\n")) step.claims.push(parseClaim(line.trim()));
    } else (step?.blocks ?? introduction).push(blockOf(token));
  }
  if (steps.length === 0) throw new Error("it has no step");
  for (const { id, claims } of steps) if (claims.length === 0) throw new Error(`step ${id} checks nothing`);
  return { introduction, steps };
}

type Claim = ReturnType<typeof parseClaim>;

function newStep(
  heading: string,
  before: readonly LessonStep[],
): LessonStep & { readonly blocks: LessonBlock[]; readonly claims: Claim[] } {
  const [, title = "", id = ""] = STEP_TITLE.exec(heading) ?? [];
  if (id === "") throw new Error(`the step "${heading}" has no {#id}`);
  if (before.some((each) => each.id === id)) throw new Error(`there are two steps ${id}`);
  return { id, title, blocks: [], claims: [] };
}

function blockOf(token: Token): LessonBlock {
  if (token.type === "code") return codeBlock(token as Tokens.Code);
  if (token.type === "blockquote") {
    const quote = token as Tokens.Blockquote;
    const kind = HINT.test(quote.text) ? "hint" : TRY.test(quote.text) ? "try" : undefined;
    if (kind !== undefined)
      return { type: kind, tokens: [...lexer(quote.text.replace(kind === "hint" ? HINT : TRY, ""))] };
  }
  return { type: "text", token };
}

function codeBlock({ lang = "", text }: Tokens.Code): LessonBlock {
  const [language = "", ...options] = lang.split(/\s+/);
  if (language === "sh" && (options[0] === "run" || options[0] === "type"))
    return { type: "command", lines: text.split("\n"), enter: options[0] === "run" };
  const save = options.find((option) => option.startsWith("save="))?.slice("save=".length);
  return { type: "code", language, text, save };
}
