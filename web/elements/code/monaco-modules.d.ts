declare module "monaco-editor/editor/editor.worker" {}

/** The list of suggestions, which Monaco ships without types. */
declare module "monaco-editor/editor/contrib/suggest/browser/suggestController" {}

/** Colours and brackets of YAML, likewise. */
declare module "monaco-editor/languages/definitions/yaml/yaml" {
  import type { languages } from "monaco-editor/editor/editor.api";
  export const conf: languages.LanguageConfiguration;
  export const language: languages.IMonarchLanguage;
}
