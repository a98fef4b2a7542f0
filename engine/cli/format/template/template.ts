/** The part of Go's `text/template` that `--format` needs. https://pkg.go.dev/text/template */
import { messageOf } from "../../../base/errors.ts";
import { FUNCTIONS } from "./functions.ts";
import { TemplateError } from "./lexer.ts";
import { type ControlNode, type Node, type Operand, parseTemplate, type Pipeline } from "./parser.ts";
import { formatValue, isTrue, sortedEntries, type Value } from "./value.ts";

export interface TemplateOptions {
  /** Go's name of the template, for messages. */
  readonly name?: string;
  /** A map's missing key is an error too. */
  readonly missingKeyIsError?: boolean;
  /** Fields that a struct has although its JSON leaves them out. */
  readonly optionalFields?: Readonly<Record<string, Value>>;
  /** How a struct's missing field is complained about. Maps give `<no value>`. */
  readonly missingField?: (name: string) => string;
  /** Called in place of Go's function of that name. */
  readonly functions?: Readonly<Record<string, (...values: readonly Value[]) => Value>>;
}

export interface Template {
  /** @throws TemplateError in Go's words: `template: :1:2: executing "" at <.Foo>: …` */
  execute(data: Value): string;
  /** True when the template reads this field of the data at its top. */
  reads(field: string): boolean;
}

/** @throws TemplateError in Go's words: `template: :1: unclosed action` */
export function compileTemplate(source: string, options: TemplateOptions = {}): Template {
  const functions = { ...FUNCTIONS, ...options.functions };
  const nodes = parseTemplate(source, new Set(Object.keys(functions)));
  const missingField = options.missingField ?? ((name: string) => `map has no entry for key ${JSON.stringify(name)}`);
  const { name = "", missingKeyIsError = false, optionalFields = {} } = options;
  return {
    execute: (data) =>
      new Execution({ source, functions, missingField, name, missingKeyIsError, optionalFields }, data).run(nodes),
    reads: (field) => new RegExp(`\\.${field}\\b`).test(source),
  };
}

interface Setting {
  readonly source: string;
  readonly functions: Readonly<Record<string, (...values: readonly Value[]) => Value>>;
  readonly missingField: (name: string) => string;
  readonly name: string;
  readonly missingKeyIsError: boolean;
  readonly optionalFields: Readonly<Record<string, Value>>;
}

class LoopSignal {
  readonly kind: "break" | "continue";

  constructor(kind: "break" | "continue") {
    this.kind = kind;
  }
}

class Execution {
  readonly #setting: Setting;
  readonly #variables: { readonly name: string; value: Value }[];
  readonly #root: Value;
  #output = "";

  constructor(setting: Setting, data: Value) {
    this.#setting = setting;
    this.#root = data;
    this.#variables = [{ name: "$", value: data }];
  }

  run(nodes: readonly Node[]): string {
    this.#walk(nodes, this.#root);
    return this.#output;
  }

  #walk(nodes: readonly Node[], dot: Value): void {
    for (const node of nodes) {
      if (node.kind === "text") this.#output += node.text;
      else if (node.kind === "loop") throw new LoopSignal(node.word);
      else if (node.kind === "action") {
        const value = this.#pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0) this.#output += formatValue(value);
      } else this.#control(node, dot);
    }
  }

  #control(node: ControlNode, dot: Value): void {
    const scope = this.#variables.length;
    if (node.kind === "range") this.#range(node, dot);
    else {
      const value = this.#pipeline(node.pipeline, dot);
      if (isTrue(value)) this.#walk(node.body, node.kind === "with" ? value : dot);
      else this.#walk(node.otherwise, dot);
    }
    this.#variables.length = scope;
  }

  #range({ pipeline, body, otherwise }: ControlNode, dot: Value): void {
    const value = this.#commands(pipeline, dot);
    const items = this.#itemsOf(value, pipeline);
    if (items.length === 0) return this.#walk(otherwise, dot);
    const scope = this.#variables.length;
    for (const [key, item] of items) {
      const values = pipeline.variables.length > 1 ? [key, item] : [item];
      pipeline.variables.forEach((name, index) => this.#bind(name, values[index], pipeline.assigns));
      try {
        this.#walk(body, item);
      } catch (error) {
        if (!(error instanceof LoopSignal)) throw error;
        if (error.kind === "break") break;
      } finally {
        this.#variables.length = scope;
      }
    }
  }

  #itemsOf(value: Value, pipeline: Pipeline): readonly (readonly [Value, Value])[] {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return value.map((item, index) => [index, item]);
    if (value instanceof Map) return sortedEntries(value);
    if (typeof value === "number") return Array.from({ length: value }, (_, index) => [index, index]);
    throw this.#error(pipeline.commands[0]?.[0], `range can't iterate over ${formatValue(value)}`);
  }

  #pipeline(pipeline: Pipeline, dot: Value): Value {
    const value = this.#commands(pipeline, dot);
    for (const name of pipeline.variables) this.#bind(name, value, pipeline.assigns);
    return value;
  }

  #commands({ commands }: Pipeline, dot: Value): Value {
    let piped: readonly Value[] = [];
    for (const operands of commands) piped = [this.#command(operands, dot, piped)];
    return piped[0];
  }

  #bind(name: string, value: Value, assigns: boolean): void {
    const known = assigns ? this.#variables.findLast((variable) => variable.name === name) : undefined;
    if (known) known.value = value;
    else this.#variables.push({ name, value });
  }

  #command(operands: readonly Operand[], dot: Value, piped: readonly Value[]): Value {
    const [first, ...rest] = operands as [Operand, ...Operand[]];
    if (first.kind !== "function") {
      if (rest.length > 0 || piped.length > 0) {
        const method = this.#method(first, dot);
        if (method) return method(...rest.map((operand) => this.#operand(operand, dot)), ...piped);
        const isData = ["field", "variable", "dot"].includes(first.kind);
        throw this.#error(
          first,
          isData
            ? `${last(first)} has arguments but cannot be invoked as function`
            : `can't give argument to non-function ${first.source}`,
        );
      }
      return this.#operand(first, dot);
    }
    if (first.name === "and" || first.name === "or") return this.#shortCircuit(first.name, rest, dot, piped);
    const values = [...rest.map((operand) => this.#operand(operand, dot)), ...piped];
    return this.#call({ ...first, source: operands.map(({ source }) => source).join(" ") }, values);
  }

  /** `.Label "name"`: the last field is a method that takes arguments. */
  #method(operand: Operand, dot: Value): ((...values: readonly Value[]) => Value) | undefined {
    const name = operand.fields.at(-1);
    if ((operand.kind !== "field" && operand.kind !== "variable") || name === undefined) return undefined;
    const owner = this.#operand({ ...operand, fields: operand.fields.slice(0, -1) }, dot);
    const method =
      typeof owner === "object" && owner !== null ? (owner as Readonly<Record<string, Value>>)[name] : undefined;
    return typeof method === "function" && method.length > 0
      ? (method as (...values: readonly Value[]) => Value)
      : undefined;
  }

  #shortCircuit(name: "and" | "or", operands: readonly Operand[], dot: Value, piped: readonly Value[]): Value {
    let value: Value;
    for (const operand of operands) {
      value = this.#operand(operand, dot);
      if (isTrue(value) === (name === "or")) return value;
    }
    return piped.length > 0 ? piped[0] : value;
  }

  #call(operand: Extract<Operand, { readonly kind: "function" }>, values: readonly Value[]): Value {
    const call = this.#setting.functions[operand.name] as (...values: readonly Value[]) => Value;
    try {
      return this.#chain(operand, call(...values));
    } catch (error) {
      if (error instanceof TemplateError) throw error;
      throw this.#error(operand, `error calling ${operand.name}: ${messageOf(error)}`);
    }
  }

  #operand(operand: Operand, dot: Value): Value {
    switch (operand.kind) {
      case "dot":
      case "field":
        return this.#chain(operand, dot);
      case "nil":
        return null;
      case "literal":
        return operand.value;
      case "variable":
        return this.#chain(operand, this.#variables.findLast(({ name }) => name === operand.name)?.value);
      case "pipeline":
        return this.#chain(operand, this.#pipeline(operand.pipeline, dot));
      default:
        return this.#call(operand, []);
    }
  }

  #chain(operand: Operand, value: Value): Value {
    return operand.fields.reduce((item, name) => this.#field(operand, item, name), value);
  }

  #field(operand: Operand, value: Value, name: string): Value {
    if (value instanceof Map) {
      if (this.#setting.missingKeyIsError && !value.has(name))
        throw this.#error(operand, `map has no entry for key ${JSON.stringify(name)}`);
      return value.get(name);
    }
    if (value === undefined || value === null)
      throw this.#error(operand, `nil pointer evaluating interface {}.${name}`);
    if (typeof value === "object" && !Array.isArray(value) && Object.hasOwn(value, name)) {
      const item = (value as Readonly<Record<string, Value>>)[name];
      return typeof item === "function" ? (item as () => Value)() : item;
    }
    if (typeof value !== "object" || Array.isArray(value))
      throw this.#error(operand, `can't evaluate field ${name} in type interface {}`);
    if (Object.hasOwn(this.#setting.optionalFields, name)) return this.#setting.optionalFields[name];
    throw this.#error(operand, this.#setting.missingField(name));
  }

  #error(operand: Operand | undefined, message: string): TemplateError {
    const before = this.#setting.source.slice(0, operand?.offset ?? 0);
    const line = before.split("\n").length;
    const column = new TextEncoder().encode(before.slice(before.lastIndexOf("\n") + 1)).length;
    const { name } = this.#setting;
    return new TemplateError(
      `template: ${name}:${line}:${column}: executing "${name}" at <${operand?.source ?? ""}>: ${message}`,
    );
  }
}

function last(operand: Operand): string {
  return operand.fields.at(-1) ?? operand.source;
}
