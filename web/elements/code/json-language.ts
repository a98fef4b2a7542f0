import type * as Monaco from "monaco-editor/editor/editor.api";

/** Colours for JSON. Monaco's own comes with a language server, more than this editor needs of it. */
export function registerJson(monaco: typeof Monaco): void {
  monaco.languages.register({ id: "json", extensions: [".json"], filenames: [".babelrc", ".eslintrc"] });
  monaco.languages.setLanguageConfiguration("json", {
    brackets: [
      ["{", "}"],
      ["[", "]"],
    ],
    autoClosingPairs: [
      { open: "{", close: "}" },
      { open: "[", close: "]" },
      { open: '"', close: '"', notIn: ["string"] },
    ],
  });
  monaco.languages.setMonarchTokensProvider("json", {
    tokenizer: {
      root: [
        [/"(?:[^"\\]|\\.)*"(?=\s*:)/, "key"],
        [/"(?:[^"\\]|\\.)*"/, "string"],
        [/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/, "number"],
        [/\b(?:true|false|null)\b/, "keyword"],
        [/[{}[\],:]/, "delimiter"],
        [/\/\/.*$/, "comment"],
      ],
    },
  });
}
