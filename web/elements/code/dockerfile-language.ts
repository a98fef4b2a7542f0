import "./node-globals.ts";
import { DockerfileLanguageServiceFactory, type DockerfileLanguageService } from "dockerfile-language-service";
import type * as Monaco from "monaco-editor/editor/editor.api";

type Monaco = typeof Monaco;
type Model = Monaco.editor.ITextModel;
// The language server protocol's own types.
type Position = Parameters<DockerfileLanguageService["computeHover"]>[1];
type Range = Parameters<DockerfileLanguageService["formatRange"]>[1];
type TextEdit = ReturnType<DockerfileLanguageService["format"]>[number];
type CompletionItem = Parameters<DockerfileLanguageService["resolveCompletionItem"]>[0];

const ID = "dockerfile";
const service = DockerfileLanguageServiceFactory.createLanguageService();
service.setCapabilities({
  completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown", "plaintext"] } },
  hover: { contentFormat: ["markdown", "plaintext"] },
});

/** Completion, hovers, signatures, formatting, definitions and renaming for Dockerfiles, from `dockerfile-language-service`. */
export function registerDockerfileLanguage(monaco: Monaco): void {
  const { languages } = monaco;
  languages.registerCompletionItemProvider(ID, {
    triggerCharacters: [" ", "-", "=", "$", "{"],
    provideCompletionItems: async (model, position) => ({ suggestions: await complete(monaco, model, position) }),
  });
  languages.registerHoverProvider(ID, {
    provideHover(model, position) {
      const hover = service.computeHover(model.getValue(), toPosition(position));
      if (!hover) return null;
      const contents = hover.contents as { readonly value: string } | string;
      const value = typeof contents === "string" ? contents : contents.value;
      return { contents: [{ value }], ...(hover.range && { range: fromRange(hover.range) }) };
    },
  });
  languages.registerSignatureHelpProvider(ID, {
    signatureHelpTriggerCharacters: ["-", "[", ",", '"', " ", "="],
    provideSignatureHelp(model, position) {
      const help = service.computeSignatureHelp(model.getValue(), toPosition(position));
      const signatures = help.signatures.map((signature) => ({ ...signature, parameters: signature.parameters ?? [] }));
      const value = {
        signatures: signatures as Monaco.languages.SignatureInformation[],
        activeSignature: help.activeSignature ?? 0,
        activeParameter: help.activeParameter ?? 0,
      };
      return { value, dispose: () => undefined };
    },
  });
  languages.registerDocumentFormattingEditProvider(ID, {
    provideDocumentFormattingEdits: (model, options) => service.format(model.getValue(), { ...options }).map(fromEdit),
  });
  languages.registerDocumentRangeFormattingEditProvider(ID, {
    provideDocumentRangeFormattingEdits: (model, range, options) =>
      service.formatRange(model.getValue(), toRange(range), { ...options }).map(fromEdit),
  });
  languages.registerDefinitionProvider(ID, {
    provideDefinition(model, position) {
      const found = service.computeDefinition({ uri: model.uri.toString() }, model.getValue(), toPosition(position));
      return found ? { uri: model.uri, range: fromRange(found.range) } : null;
    },
  });
  languages.registerDocumentHighlightProvider(ID, {
    provideDocumentHighlights: (model, position) =>
      service
        .computeHighlightRanges(model.getValue(), toPosition(position))
        .map(({ range }) => ({ range: fromRange(range) })),
  });
  languages.registerRenameProvider(ID, renaming);
  languages.registerFoldingRangeProvider(ID, {
    provideFoldingRanges: (model) =>
      service.computeFoldingRanges(model.getValue()).map(({ startLine, endLine }) => ({
        start: startLine + 1,
        end: endLine + 1,
      })),
  });
}

/** Of stages and variables. */
const renaming: Monaco.languages.RenameProvider = {
  resolveRenameLocation(model, position) {
    const range = service.prepareRename(model.getValue(), toPosition(position));
    if (!range) {
      return {
        range: fromRange(toRange(position)),
        text: "",
        rejectReason: "Only stages and variables have names here.",
      };
    }
    return { range: fromRange(range), text: model.getValueInRange(fromRange(range)) };
  },
  provideRenameEdits(model, position, name) {
    const edits = service.computeRename({ uri: model.uri.toString() }, model.getValue(), toPosition(position), name);
    const versionId = model.getVersionId();
    return { edits: edits.map((edit) => ({ resource: model.uri, versionId, textEdit: fromEdit(edit) })) };
  },
};

async function complete(
  monaco: Monaco,
  model: Model,
  position: Monaco.Position,
): Promise<Monaco.languages.CompletionItem[]> {
  // Names of images would be asked of Docker Hub, which a page cannot reach: that answer is "none".
  const answer = Promise.resolve(service.computeCompletionItems(model.getValue(), toPosition(position)));
  const items = await answer.catch((): CompletionItem[] => []);
  const word = model.getWordUntilPosition(position);
  const here = new monaco.Range(position.lineNumber, word.startColumn, position.lineNumber, position.column);
  return items.map((item) => {
    const full = service.resolveCompletionItem(item);
    const edit = item.textEdit && "range" in item.textEdit ? item.textEdit : undefined;
    const { CompletionItemInsertTextRule, CompletionItemKind } = monaco.languages;
    return {
      label: item.label,
      kind: item.kind === 14 ? CompletionItemKind.Keyword : CompletionItemKind.Property,
      insertText: edit?.newText ?? item.insertText ?? item.label,
      range: edit ? fromRange(edit.range) : here,
      ...(item.detail !== undefined && { detail: item.detail }),
      ...(item.sortText !== undefined && { sortText: item.sortText }),
      ...(item.insertTextFormat === 2 && { insertTextRules: CompletionItemInsertTextRule.InsertAsSnippet }),
      ...(full.documentation !== undefined && { documentation: documentation(full.documentation) }),
    };
  });
}

function documentation(value: NonNullable<CompletionItem["documentation"]>): string | Monaco.IMarkdownString {
  return typeof value === "string" ? value : { value: value.value };
}

const toPosition = ({ lineNumber, column }: Monaco.IPosition): Position => ({
  line: lineNumber - 1,
  character: column - 1,
});

function toRange(range: Monaco.IRange | Monaco.IPosition): Range {
  if ("lineNumber" in range) return { start: toPosition(range), end: toPosition(range) };
  const { startLineNumber, startColumn, endLineNumber, endColumn } = range;
  return {
    start: toPosition({ lineNumber: startLineNumber, column: startColumn }),
    end: toPosition({ lineNumber: endLineNumber, column: endColumn }),
  };
}

const fromRange = ({ start, end }: Range): Monaco.IRange => ({
  startLineNumber: start.line + 1,
  startColumn: start.character + 1,
  endLineNumber: end.line + 1,
  endColumn: end.character + 1,
});

const fromEdit = ({ range, newText }: TextEdit): Monaco.languages.TextEdit => ({
  range: fromRange(range),
  text: newText,
});
