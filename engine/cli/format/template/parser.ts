import { syntaxError, type TemplateError, type Token, tokenize } from "./lexer.ts";
import { unquoteGo } from "./unquote.ts";

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipeline: Pipeline }
  | { readonly kind: "loop"; readonly word: "break" | "continue" }
  | ControlNode;

export interface ControlNode {
  readonly kind: "if" | "with" | "range";
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

export interface Pipeline {
  /** `$a`, `$i, $x`. */
  readonly variables: readonly string[];
  /** `=` instead of `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly (readonly Operand[])[];
}

export type Operand = {
  readonly offset: number;
  readonly source: string;
  /** `.A.B` behind it. */ readonly fields: readonly string[];
} & (
  | { readonly kind: "dot" | "field" | "nil" }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "pipeline"; readonly pipeline: Pipeline }
);

/** @throws TemplateError in Go's words. `functions`: the names that may be called */
export function parseTemplate(source: string, functions: ReadonlySet<string>): readonly Node[] {
  return new Parser(source, functions).parse();
}

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #functions: ReadonlySet<string>;
  #position = 0;
  #variables: string[] = ["$"];
  #loops = 0;

  constructor(source: string, functions: ReadonlySet<string>) {
    this.#source = source;
    this.#functions = functions;
    this.#tokens = tokenize(source);
  }

  parse(): readonly Node[] {
    const { nodes, end } = this.#list();
    if (end !== undefined) throw this.#error(`unexpected {{${end}}}`);
    return nodes;
  }

  /** Nodes up to `{{end}}`, `{{else}}` or the template's end. */
  #list(): { nodes: readonly Node[]; end: "end" | "else" | undefined } {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#next();
      if (token.type === "end") return { nodes, end: undefined };
      if (token.type === "text") {
        nodes.push({ kind: "text", text: token.text });
        continue;
      }
      const word = this.#peekWord();
      if (word === "end" || word === "else") {
        this.#takeWord();
        if (word === "end") this.#close();
        return { nodes, end: word };
      }
      nodes.push(this.#action(word));
    }
  }

  #action(word: string | undefined): Node {
    if (word === "if" || word === "with" || word === "range") {
      this.#takeWord();
      return this.#control(word);
    }
    if (word === "break" || word === "continue") {
      this.#takeWord();
      if (this.#loops === 0) throw this.#error(`{{${word}}} outside {{range}}`);
      this.#close();
      return { kind: "loop", word };
    }
    if (word === "define" || word === "template" || word === "block")
      throw this.#error(`{{${word}}} is not supported here`);
    const pipeline = this.#pipeline("command");
    this.#close();
    return { kind: "action", pipeline };
  }

  #control(kind: ControlNode["kind"]): ControlNode {
    const scope = this.#variables.length;
    const pipeline = this.#pipeline(kind);
    this.#close();
    if (kind === "range") this.#loops += 1;
    const { nodes: body, end } = this.#list();
    if (kind === "range") this.#loops -= 1;
    let otherwise: readonly Node[] = [];
    if (end === "else") {
      const next = this.#peekWord();
      if (next === "if" || (next === "with" && kind === "with")) {
        this.#takeWord();
        otherwise = [this.#control(next)];
        this.#variables.length = scope;
        return { kind, pipeline, body, otherwise };
      }
      this.#close();
      const rest = this.#list();
      if (rest.end !== "end")
        throw rest.end === "else" ? this.#error("expected end; found {{else}}") : this.#error("unexpected EOF");
      otherwise = rest.nodes;
    } else if (end === undefined) throw this.#error("unexpected EOF");
    this.#variables.length = scope;
    return { kind, pipeline, body, otherwise };
  }

  #pipeline(context: string): Pipeline {
    const { variables, assigns } = this.#declaration(context);
    const commands: Operand[][] = [];
    for (;;) {
      const operands = this.#command();
      if (operands.length === 0) throw this.#error(`missing value for ${context}`);
      commands.push(operands);
      if (!this.#takeOperator("|")) break;
    }
    if (!assigns) this.#variables.push(...variables);
    return { variables, assigns, commands };
  }

  #declaration(context: string): { variables: readonly string[]; assigns: boolean } {
    const start = this.#position;
    const variables: string[] = [];
    this.#skipSpace();
    while (this.#peek().type === "variable") {
      variables.push(this.#next().text);
      this.#skipSpace();
      const { text } = this.#peek();
      if (text === "," && context === "range") {
        this.#next();
        this.#skipSpace();
        continue;
      }
      if (text === ":=" || text === "=") {
        this.#next();
        if (text === "=") for (const name of variables) this.#checkVariable(name);
        return { variables, assigns: text === "=" };
      }
      break;
    }
    this.#position = start;
    return { variables: [], assigns: false };
  }

  #command(): Operand[] {
    const operands: Operand[] = [];
    for (;;) {
      this.#skipSpace();
      const token = this.#peek();
      if (token.type === "close" || token.text === "|" || token.text === ")") return operands;
      if (token.type === "end") throw this.#error("unclosed action");
      operands.push(this.#operand());
      const after = this.#peek();
      if (!["space", "close"].includes(after.type) && !["|", ")"].includes(after.text))
        throw this.#error(`unexpected ${describe(after)} in operand`);
    }
  }

  #operand(): Operand {
    const token = this.#next();
    const base = this.#term(token);
    const fields: string[] = [];
    const chainOffset = this.#peek().type === "field" ? this.#peek().offset : token.offset;
    while (this.#peek().type === "field") fields.push(this.#next().text.slice(1));
    const { offset: end } = this.#peek();
    return {
      ...base,
      fields: [...base.fields, ...fields],
      offset: chainOffset,
      source: this.#source.slice(token.offset, end),
    };
  }

  #term(token: Token): Operand {
    const { text, offset } = token;
    const common = { offset, source: text, fields: [] };
    if (token.type === "field") return { ...common, kind: "field", fields: [text.slice(1)] };
    if (token.type === "variable") {
      this.#checkVariable(text);
      return { ...common, kind: "variable", name: text };
    }
    if (token.type === "string") return { ...common, kind: "literal", value: unquoteGo(text) };
    if (token.type === "number") return { ...common, kind: "literal", value: numberOf(text) };
    if (text === ".") return { ...common, kind: "dot" };
    if (text === "(") {
      const pipeline = this.#pipeline("parenthesized pipeline");
      this.#skipSpace();
      if (!this.#takeOperator(")")) throw this.#error(`unclosed left paren`);
      return { ...common, kind: "pipeline", pipeline };
    }
    if (text === "true" || text === "false") return { ...common, kind: "literal", value: text === "true" };
    if (text === "nil") return { ...common, kind: "nil" };
    if (token.type !== "word") throw this.#error(`unexpected ${describe(token)} in operand`);
    if (!this.#functions.has(text)) throw this.#error(`function ${JSON.stringify(text)} not defined`);
    return { ...common, kind: "function", name: text };
  }

  #checkVariable(name: string): void {
    if (!this.#variables.includes(name)) throw this.#error(`undefined variable ${JSON.stringify(name)}`);
  }

  #close(): void {
    this.#skipSpace();
    const token = this.#next();
    if (token.type !== "close") throw this.#error(`unexpected ${describe(token)} in command`);
  }

  #peekWord(): string | undefined {
    const token = this.#tokens.slice(this.#position).find(({ type }) => type !== "space");
    return token?.type === "word" ? token.text : undefined;
  }

  #takeWord(): void {
    this.#skipSpace();
    this.#next();
  }

  #takeOperator(text: string): boolean {
    this.#skipSpace();
    if (this.#peek().text !== text || this.#peek().type !== "operator") return false;
    this.#next();
    return true;
  }

  #skipSpace(): void {
    while (this.#peek().type === "space") this.#position += 1;
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#position, this.#tokens.length - 1)] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#position += 1;
    return token;
  }

  #error(message: string): TemplateError {
    return syntaxError(this.#source, this.#peek().offset, message);
  }
}

function describe({ type, text }: Token): string {
  if (type === "end") return "EOF";
  return type === "close" ? '"}}"' : `<${text}>`;
}

function numberOf(text: string): number {
  if (text.startsWith("'")) return unquoteGo(`"${text.slice(1, -1)}"`).codePointAt(0) ?? 0;
  return Number(text.replaceAll("_", ""));
}
