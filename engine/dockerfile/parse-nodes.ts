/** The first half of parsing: lines to instructions with their arguments, whatever they mean. BuildKit's `parser/parser.go`. */
import { messageOf } from "../base/errors.ts";
import { DEFAULT_CHECK, DirectiveReader, parseCheckOptions, parseEscape } from "./directives.ts";
import { DockerfileError } from "./dockerfile-error.ts";
import type { Directives, Heredoc } from "./dockerfile.ts";
import { trimLeft, trimSpace } from "./go-text.ts";
import { chomp, heredocMarks, type HeredocMark } from "./heredoc.ts";
import { parseNode, type InstructionNode } from "./instruction-node.ts";

/** What the first half leaves. */
export interface DockerfileNodes {
  readonly directives: Directives;
  readonly nodes: readonly InstructionNode[];
  /** Lines that end an instruction with a blank line inside its continuation. */
  readonly emptyContinuations: readonly number[];
}

/** Go's `bufio.MaxScanTokenSize`: no line is read that has more bytes. */
const MAX_LINE_BYTES = 65_536;

/** @throws DockerfileError */
export function parseNodes(text: string): DockerfileNodes {
  if (text === "") throw new DockerfileError("the Dockerfile cannot be empty", { start: 1, end: 1 });
  return new NodeReader(text).read();
}

class NodeReader {
  readonly #lines: readonly string[];
  /** Whether a line was too long: nothing from there on is read. */
  readonly #cut: boolean;
  /** Lines taken so far: the number of the current one. */
  #line = 0;
  readonly #reader = new DirectiveReader();
  #directives: Directives = { escape: "\\", check: DEFAULT_CHECK };
  #comments: string[] = [];
  readonly #nodes: InstructionNode[] = [];
  readonly #emptyContinuations: number[] = [];

  constructor(text: string) {
    const lines = text.replace(/^\uFEFF/, "").match(/[^\n]*\n|[^\n]+$/g) ?? [];
    const tooLong = lines.findIndex(isTooLong);
    this.#cut = tooLong >= 0;
    this.#lines = this.#cut ? lines.slice(0, tooLong) : lines;
  }

  read(): DockerfileNodes {
    for (let line = this.#next(); line !== undefined; line = this.#next()) this.#readInstruction(line);
    const place = { start: Math.max(this.#line, 1), end: Math.max(this.#line, 1) };
    if (this.#nodes.length === 0) throw new DockerfileError("file with no instructions", place);
    if (this.#cut)
      throw new DockerfileError(`dockerfile line greater than max allowed size of ${MAX_LINE_BYTES - 1}`, place);
    return { directives: this.#directives, nodes: this.#nodes, emptyContinuations: this.#emptyContinuations };
  }

  #next(): string | undefined {
    const line = this.#lines[this.#line];
    if (line !== undefined) this.#line += 1;
    return line;
  }

  #readInstruction(first: string): void {
    const text = trimLeft(trimNewline(first));
    if (this.#readComment(first, text)) return;
    const start = this.#line;
    let [line, continues] = trimContinuation(text, this.#directives.escape);
    if (!continues && line === "") return;
    let hasEmpty = false;
    while (continues) {
      const next = this.#next();
      if (next === undefined) break;
      const more = trimNewline(next);
      if (isComment(more)) continue;
      if (trimLeft(more) === "") {
        hasEmpty = true;
        continue;
      }
      let piece: string;
      [piece, continues] = trimContinuation(more, this.#directives.escape);
      line += piece;
    }
    if (hasEmpty) this.#emptyContinuations.push(this.#line);
    this.#add(line, start);
  }

  #add(line: string, start: number): void {
    const escape = this.#directives.escape;
    const node = this.#located(start, () => parseNode(line, escape));
    const target = node.trigger ?? node;
    const marks = HEREDOC_INSTRUCTIONS.has(target.name.toLowerCase()) && !target.json ? heredocMarks(line) : [];
    const heredocs = marks.map((mark) => this.#readHeredoc(mark, start));
    this.#nodes.push({ ...node, heredocs, range: { start, end: this.#line }, comments: this.#comments });
    this.#comments = [];
  }

  /** A comment, which may be a directive. False for any other line. */
  #readComment(raw: string, text: string): boolean {
    const isFirst = this.#line === 1;
    const directive = this.#located(this.#line, () => this.#reader.read(text));
    if (!text.startsWith("#")) return false;
    if (directive !== undefined) {
      this.#located(this.#line, () => this.#apply(directive.name, directive.value));
      return true;
    }
    // `#!` before the directives hides none but `escape`.
    if (isFirst && text.startsWith("#!")) this.#readBehindShebang();
    const comment = trimSpace(raw.slice(1));
    if (comment === "") this.#comments = [];
    else this.#comments.push(comment);
    return true;
  }

  #apply(name: keyof Directives, value: string): void {
    if (name === "escape") this.#directives = { ...this.#directives, escape: parseEscape(value) };
    else if (name === "syntax") this.#directives = { ...this.#directives, syntax: value.split(" ", 1)[0] ?? value };
    else this.#directives = { ...this.#directives, check: checkOptionsOf(value) };
  }

  #readBehindShebang(): void {
    const reader = new DirectiveReader();
    for (const line of this.#lines.slice(1)) {
      const directive = reader.read(trimNewline(line));
      if (directive === undefined) return;
      if (directive.name !== "escape") this.#apply(directive.name, directive.value);
    }
  }

  #readHeredoc(mark: HeredocMark, start: number): Heredoc {
    let source = "";
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      const end = trimNewline(line);
      if ((mark.chomp ? end.replace(/^\t+/, "") : end) === mark.name)
        return { ...mark, source, content: mark.chomp ? chomp(source) : source };
      source += line;
    }
    throw new DockerfileError("unterminated heredoc", { start, end: this.#line });
  }

  #located<T>(start: number, action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw new DockerfileError(messageOf(error), { start, end: this.#line }, { cause: error });
    }
  }
}

const HEREDOC_INSTRUCTIONS: ReadonlySet<string> = new Set(["add", "copy", "run"]);

function checkOptionsOf(value: string): Directives["check"] {
  try {
    return parseCheckOptions(value);
  } catch (error) {
    throw new Error(`failed to parse check options: ${messageOf(error)}`, { cause: error });
  }
}

function isTooLong(line: string): boolean {
  const limit = line.endsWith("\n") ? MAX_LINE_BYTES : MAX_LINE_BYTES - 1;
  // No UTF-16 unit is more than three bytes of UTF-8.
  if (line.length * 3 <= limit) return false;
  return line.length > limit || new TextEncoder().encode(line).length > limit;
}

function trimNewline(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === "\n" || line[end - 1] === "\r")) end -= 1;
  return line.slice(0, end);
}

function isComment(line: string): boolean {
  return trimLeft(line).startsWith("#");
}

/** Without the escape character that ends it, and whether there was one. */
function trimContinuation(line: string, escape: string): [string, boolean] {
  let end = line.length;
  while (end > 0 && (line[end - 1] === " " || line[end - 1] === "\t")) end -= 1;
  // An escaped escape character continues nothing.
  const continues = line[end - 1] === escape && (end === 1 || line[end - 2] !== escape);
  return continues ? [line.slice(0, end - 1), true] : [line, false];
}
