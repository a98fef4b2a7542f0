import type * as Monaco from "monaco-editor/editor/editor.api";
import { keyAt, keysBelow } from "./compose-schema.ts";

type Model = Monaco.editor.ITextModel;

const ID = "compose";
const KEY = /^(\s*(?:- +)?)([\w.-]+)\s*:/;

/** YAML's colours, and completion and hovers for the keys of Compose. */
export function registerComposeLanguage(monaco: typeof Monaco): void {
  const { languages } = monaco;
  languages.register({ id: ID, aliases: ["Compose"] });
  languages.onLanguage(ID, () => {
    void import("monaco-editor/languages/definitions/yaml/yaml").then((yaml) => {
      languages.setMonarchTokensProvider(ID, yaml.language);
      languages.setLanguageConfiguration(ID, yaml.conf);
    });
  });
  languages.registerCompletionItemProvider(ID, {
    triggerCharacters: [" "],
    provideCompletionItems: (model, position) => ({ suggestions: complete(monaco, model, position) }),
  });
  languages.registerHoverProvider(ID, {
    provideHover(model, position) {
      const match = KEY.exec(model.getLineContent(position.lineNumber));
      const name = match?.[2];
      if (!match || name === undefined) return null;
      const start = (match[1]?.length ?? 0) + 1;
      if (position.column < start || position.column > start + name.length) return null;
      const key = keyAt([...keyPath(model, position.lineNumber), name]);
      return key ? { contents: [{ value: `**${name}**` }, { value: key.words }] } : null;
    },
  });
}

/** The keys that a line lies below: those before it with less indentation, outermost first. */
export function keyPath(model: Pick<Model, "getLineContent">, line: number, indent = indentOf(model, line)): string[] {
  const path: string[] = [];
  let limit = indent;
  for (let above = line - 1; above >= 1 && limit > 0; above--) {
    const match = KEY.exec(model.getLineContent(above));
    const width = match?.[1]?.length ?? limit;
    if (match && width < limit) {
      path.unshift(match[2] ?? "");
      limit = width;
    }
  }
  return path;
}

function indentOf(model: Pick<Model, "getLineContent">, line: number): number {
  return /^\s*/.exec(model.getLineContent(line))?.[0].length ?? 0;
}

function complete(monaco: typeof Monaco, model: Model, position: Monaco.Position): Monaco.languages.CompletionItem[] {
  const before = model.getLineContent(position.lineNumber).slice(0, position.column - 1);
  const word = model.getWordUntilPosition(position);
  const range = new monaco.Range(position.lineNumber, word.startColumn, position.lineNumber, position.column);
  const { CompletionItemKind } = monaco.languages;
  const value = /^\s*([\w.-]+):\s+\S*$/.exec(before)?.[1];
  if (value !== undefined) {
    const key = keyAt([...keyPath(model, position.lineNumber), value]);
    const values = key?.values ?? (key?.type === "boolean" ? ["true", "false"] : []);
    return values.map((each) => ({ label: each, kind: CompletionItemKind.Value, insertText: each, range }));
  }
  if (!/^\s*[\w.-]*$/.test(before)) return [];
  const keys = keysBelow(keyPath(model, position.lineNumber, word.startColumn - 1)) ?? {};
  const isBlock = (type: string): boolean => /list|map/.test(type) && !type.startsWith("string");
  return Object.entries(keys)
    .filter(([name]) => name !== "version")
    .map(([name, key]) => ({
      label: name,
      kind: CompletionItemKind.Property,
      insertText: isBlock(key.type) ? `${name}:\n  ${key.type === "list" ? "- " : ""}` : `${name}: `,
      documentation: key.words,
      detail: key.type,
      range,
    }));
}
