import { ApiError, ask, askJson } from "./drydock-api.ts";
import type { DockerFetch } from "./engine-client.ts";
import { number, object, objects, text } from "./fields.ts";

/** Where the workspace is in the guest. */
export const WORKSPACE = "/root/workspace";

/** One entry of the workspace. */
export interface WorkspaceFile {
  /** Relative to the workspace, without a leading slash. */
  readonly path: string;
  readonly kind: "file" | "directory" | "link" | "other";
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Of a symbolic link. */
  readonly target?: string;
}

export interface WorkspaceEvent {
  /** "": everything may be different. */
  readonly path: string;
  /** Where it was, when it was renamed. */
  readonly from: string | undefined;
}

/** A file's bytes with the version they are. */
export interface FileVersion {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

const ROUTE = "/drydock/workspace";
const query = (values: Readonly<Record<string, string>>): string => new URLSearchParams(values).toString();

/** Everything in the workspace, sorted by path. */
export async function listFiles(
  fetch: DockerFetch,
): Promise<{ readonly files: readonly WorkspaceFile[]; readonly isTruncated: boolean }> {
  const answer = object(await askJson(fetch, "GET", `${ROUTE}/files`));
  const files = objects(answer["Files"]).map((fields): WorkspaceFile => {
    const target = text(fields["Target"]);
    return {
      path: text(fields["Path"]).replace(/^\/+/, ""),
      kind: kindOf(text(fields["Type"])),
      sizeBytes: number(fields["SizeBytes"]),
      modifiedMs: number(fields["ModifiedMs"]),
      ...(target !== "" && { target }),
    };
  });
  const named = files.filter((file) => file.path !== "" && file.path !== ".");
  return { files: named, isTruncated: answer["Truncated"] === true };
}

/** What the engine calls kinds of files, in the few that a tree of files tells apart. */
export function kindOf(type: string): WorkspaceFile["kind"] {
  if (/^dir/i.test(type)) return "directory";
  if (/link/i.test(type) && !/hard/i.test(type)) return "link";
  return type === "file" || type === "regular" || /hard/i.test(type) ? "file" : "other";
}

/** Undefined when there is no such file. @throws ApiError */
export async function readFile(fetch: DockerFetch, path: string): Promise<FileVersion | undefined> {
  try {
    const response = await ask(fetch, "GET", `${ROUTE}/file?${query({ path })}`);
    return { bytes: new Uint8Array(await response.arrayBuffer()), etag: response.headers.get("etag") ?? "" };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** Resolves with the new version. `ifMatch`: only when the file is still that version. @throws ApiError 412 */
export async function writeFile(
  fetch: DockerFetch,
  path: string,
  body: BodyInit,
  options: { readonly ifMatch?: string } = {},
): Promise<string> {
  const headers = new Headers(options.ifMatch ? { "if-match": options.ifMatch } : undefined);
  const response = await ask(fetch, "PUT", `${ROUTE}/file?${query({ path })}`, { body, headers });
  return response.headers.get("etag") ?? "";
}

/** Removes a file, or a directory with all that is in it. */
export async function removeFile(fetch: DockerFetch, path: string): Promise<void> {
  await ask(fetch, "DELETE", `${ROUTE}/file?${query({ path })}`);
}

export async function makeDirectory(fetch: DockerFetch, path: string): Promise<void> {
  await ask(fetch, "POST", `${ROUTE}/directory?${query({ path })}`);
}

export async function renameFile(fetch: DockerFetch, from: string, to: string): Promise<void> {
  await ask(fetch, "POST", `${ROUTE}/rename?${query({ from, to })}`);
}

/** A tar of a directory; "" is the whole workspace. */
export async function readArchive(fetch: DockerFetch, path: string): Promise<Blob> {
  return (await ask(fetch, "GET", `${ROUTE}/archive?${query({ path })}`)).blob();
}

export function workspaceEvent(value: unknown): WorkspaceEvent {
  const fields = object(value);
  const from = text(fields["From"]).replace(/^\/+/, "");
  return { path: text(fields["Path"]).replace(/^\/+/, ""), from: from || undefined };
}
