import type { Playground, PlaygroundFile } from "./playground-document.ts";

/** What a shared document says; fields left out are the defaults. */
export type DocumentParts = Partial<Playground>;

/** A document as JSON, for `encodeFragment`: the reverse of `readPlayground`. */
export function documentOf(parts: DocumentParts): Record<string, unknown> {
  const { title, description, language, files = [], open, commands = [], run, layout } = parts;
  const { theme, readOnly, images = [], port, lesson, allowOrigins } = parts;
  const document: Record<string, unknown> = {
    version: 1,
    title: title || undefined,
    description: description || undefined,
    language,
    files: files.length > 0 ? Object.fromEntries(files.map((file) => [file.path, contentOf(file)])) : undefined,
    open,
    command: commands.length > 1 ? commands : commands[0],
    run: run || undefined,
    layout,
    theme: theme === "auto" ? undefined : theme,
    readOnly: readOnly || undefined,
    images: images.length > 0 ? images : undefined,
    port,
    lesson,
    allowOrigins,
  };
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}

/** Text where it is text, base64 where it is not. */
function contentOf({ bytes, isExecutable }: PlaygroundFile): unknown {
  const text = textOf(bytes);
  const content = text === undefined ? { base64: toBase64(bytes) } : { text };
  if (isExecutable) return { ...content, executable: true };
  return text ?? content;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    // A byte order mark would be lost.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let start = 0; start < bytes.length; start += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(binary);
}
