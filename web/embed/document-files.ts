import { fail, isRecord, PlaygroundDocumentError, quote, readText } from "./document-fields.ts";

/** A file of a document, below the playground's directory. */
export interface PlaygroundFile {
  /** Relative, `/` between names, no `.` or `..`. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isExecutable: boolean;
}

/** How many files a document may have, and how many bytes in all of them. */
export const FILES_LIMIT = 200;
export const FILES_LIMIT_BYTES = 1 << 20;

const PATH_LIMIT_BYTES = 1024;
const NAME_LIMIT_BYTES = 255;
const DEPTH_LIMIT = 32;
const DOCKERFILE = "Dockerfile";
const encoder = new TextEncoder();

/** The files of a document, `dockerfile` among them, by path. @throws PlaygroundDocumentError */
export function readFiles(files: unknown, dockerfile: unknown): readonly PlaygroundFile[] {
  if (files !== undefined && !isRecord(files)) fail("files", "must be an object of paths and contents");
  const found = new Map<string, PlaygroundFile>();
  const entries = Object.entries(files ?? {});
  if (entries.length > FILES_LIMIT) fail("files", `may have ${FILES_LIMIT} files at most`);
  let sizeBytes = 0;
  const add = (file: PlaygroundFile): void => {
    sizeBytes += file.bytes.length;
    if (sizeBytes > FILES_LIMIT_BYTES) fail("files", `may have ${FILES_LIMIT_BYTES} bytes in all`);
    found.set(file.path, file);
  };
  for (const [path, content] of entries) {
    checkPath(path);
    add({ path, ...readContent(content, fieldOf(path)) });
  }
  if (dockerfile !== undefined) {
    if (found.has(DOCKERFILE)) fail("dockerfile", `and files[${quote(DOCKERFILE)}] are the same file: leave one out`);
    if (typeof dockerfile !== "string") fail("dockerfile", `must be a text, not ${quote(dockerfile)}`);
    add({ path: DOCKERFILE, bytes: encoder.encode(dockerfile), isExecutable: false });
  }
  checkDirectories(found);
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @throws PlaygroundDocumentError unless `path` stays below the directory it is relative to, and shows what it is */
export function checkPath(path: string): void {
  const field = fieldOf(path);
  if (path === "") fail(field, "must not be empty");
  readText(path, field, { limit: PATH_LIMIT_BYTES });
  if (path.startsWith("/")) fail(field, "must be relative");
  if (path.includes("\\")) fail(field, "must not contain a backslash");
  if (encoder.encode(path).length > PATH_LIMIT_BYTES) fail(field, `may have ${PATH_LIMIT_BYTES} bytes at most`);
  const names = path.split("/");
  if (names.length > DEPTH_LIMIT) fail(field, `may be ${DEPTH_LIMIT} directories deep at most`);
  for (const name of names) {
    if (name === "") fail(field, "must not contain an empty name");
    if (name === "." || name === "..") fail(field, `must not contain ${quote(name)}`);
    if (encoder.encode(name).length > NAME_LIMIT_BYTES)
      fail(field, `has a name of more than ${NAME_LIMIT_BYTES} bytes`);
  }
}

/** True for a path that a document may have. */
export function isPath(path: unknown): path is string {
  try {
    if (typeof path !== "string") return false;
    checkPath(path);
    return true;
  } catch (error) {
    if (error instanceof PlaygroundDocumentError) return false;
    throw error;
  }
}

const fieldOf = (path: string): string => `files[${quote(path)}]`;

/** A name cannot be a file and a directory. */
function checkDirectories(files: ReadonlyMap<string, PlaygroundFile>): void {
  for (const path of files.keys()) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const parent = path.slice(0, end);
      if (files.has(parent)) fail(fieldOf(path), `needs a directory where ${quote(parent)} is a file`);
    }
  }
}

function readContent(content: unknown, field: string): Omit<PlaygroundFile, "path"> {
  if (typeof content === "string") return { bytes: encoder.encode(content), isExecutable: false };
  if (!isRecord(content)) fail(field, `must be a text, {"text": …} or {"base64": …}`);
  for (const key of Object.keys(content)) {
    if (!["text", "base64", "executable"].includes(key)) fail(`${field}.${key}`, "is not a field of a file");
  }
  const { text, base64, executable = false } = content;
  if (typeof executable !== "boolean") fail(`${field}.executable`, "must be true or false");
  if ((text === undefined) === (base64 === undefined)) fail(field, `must have either "text" or "base64"`);
  const bytes = text === undefined ? readBase64(base64, `${field}.base64`) : readPlain(text, `${field}.text`);
  return { bytes, isExecutable: executable };
}

function readPlain(text: unknown, field: string): Uint8Array<ArrayBuffer> {
  return typeof text === "string" ? encoder.encode(text) : fail(field, "must be a text");
}

function readBase64(base64: unknown, field: string): Uint8Array<ArrayBuffer> {
  if (typeof base64 !== "string") fail(field, "must be a text");
  if (base64.length > FILES_LIMIT_BYTES * 1.5) fail("files", `may have ${FILES_LIMIT_BYTES} bytes in all`);
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return fail(field, "is not base64");
  }
}
