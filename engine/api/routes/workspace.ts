import { S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from "../../base/file-types.ts";
import { EngineError } from "../../base/errors.ts";
import { Queue } from "../../base/queue.ts";
import { emptyStream } from "../../base/streams.ts";
import type { WireWorkspaceEvent, WireWorkspaceFile } from "../../wire/workspace.ts";
import { ERRNO, FileError } from "../../workspace/file-error.ts";
import { LeavesWorkspace } from "../../workspace/resolve-path.ts";
import { extractTar, workspaceTar } from "../../workspace/workspace-tar.ts";
import { filesBelow, VersionMismatch, type Workspace } from "../../workspace/workspace.ts";
import { isDirectory, sizeOf, type WorkspaceNode } from "../../workspace/workspace-node.ts";
import type { WorkspaceChange } from "../../workspace/workspace-tree.ts";
import type { ApiRequest } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import { empty, json } from "../responses.ts";
import { type Handler, type Route, route } from "../router.ts";
import type { Services } from "../services.ts";
import { clientGone, jsonLines } from "../streaming.ts";

const MAX_LISTED = 10_000;
const MAX_PATH_CHARACTERS = 4096;

/** RFC 9110, 15.5.13, and RFC 4918, 11.5 */
const PRECONDITION_FAILED = 412;
const INSUFFICIENT_STORAGE = 507;

const STATUS_BY_ERRNO = new Map<number, number>([
  [ERRNO.ENOENT, 404],
  [ERRNO.EINVAL, 400],
  [ERRNO.ENAMETOOLONG, 400],
  [ERRNO.ELOOP, 400],
  [ERRNO.EPERM, 403],
  [ERRNO.ENOSPC, INSUFFICIENT_STORAGE],
  [ERRNO.EFBIG, INSUFFICIENT_STORAGE],
]);
const OTHERWISE_IN_THE_WAY = 409;

/** The files of `/root/workspace`, which the guest has mounted: what one side writes the other sees at once. */
export function workspaceRoutes({ workspace }: Services): readonly Route[] {
  const on = (
    method: string,
    path: string,
    handle: (workspace: Workspace, request: ApiRequest) => ReturnType<Handler>,
  ) =>
    route(method, `/drydock/workspace/${path}`, async (request) => {
      if (workspace === undefined) throw new EngineError("not-implemented", "this engine has no workspace");
      try {
        return await handle(workspace, request);
      } catch (error) {
        return failure(request, error);
      }
    });
  return [
    on("GET", "files", list),
    on("GET", "file", read),
    on("PUT", "file", write),
    on("DELETE", "file", (each, request) => {
      each.remove(pathOf(request, "path"));
      return empty();
    }),
    on("POST", "directory", (each, request) => {
      each.makeDirectory(pathOf(request, "path"));
      return empty();
    }),
    on("POST", "rename", (each, request) => {
      each.rename(pathOf(request, "from"), pathOf(request, "to"));
      return empty();
    }),
    on("GET", "archive", readArchive),
    on("PUT", "archive", writeArchive),
    on("GET", "events", events),
  ];
}

function list({ tree }: Workspace): EngineResponse {
  const files: WireWorkspaceFile[] = [];
  for (const [path, node] of filesBelow(tree.root)) {
    if (files.length === MAX_LISTED) return json({ Files: files, Truncated: true });
    files.push(toWire(path, node));
  }
  return json({ Files: files });
}

async function read(workspace: Workspace, request: ApiRequest): Promise<EngineResponse> {
  const { body, sizeBytes, etag } = await workspace.read(pathOf(request, "path"));
  const headers = new Map([
    ["content-type", "application/octet-stream"],
    ["content-length", String(sizeBytes)],
    ["etag", etag],
  ]);
  return { status: 200, headers, body };
}

async function write(workspace: Workspace, request: ApiRequest): Promise<EngineResponse> {
  const { body = emptyStream(), headers } = request;
  const ifMatch = headers.get("if-match");
  const etag = await workspace.write(pathOf(request, "path"), body, ifMatch === undefined ? {} : { ifMatch });
  return { status: 204, headers: new Map([["etag", etag]]), body: undefined };
}

function readArchive(workspace: Workspace, request: ApiRequest): EngineResponse {
  const top = workspace.find(pathOf(request, "path", { root: true }), { follow: true });
  const name = isDirectory(top) ? "" : (top.link?.name ?? "");
  const headers = new Map([["content-type", "application/x-tar"]]);
  return { status: 200, headers, body: workspaceTar(workspace, top, name) };
}

async function writeArchive(workspace: Workspace, request: ApiRequest): Promise<EngineResponse> {
  const directory = workspace.makeDirectory(pathOf(request, "path", { root: true }));
  await extractTar(workspace, directory, request.body ?? emptyStream());
  return empty();
}

function events(workspace: Workspace, request: ApiRequest): EngineResponse {
  const gone = clientGone(request.signal);
  const queue = new Queue<WorkspaceChange>();
  const subscription = workspace.events.subscribe((changes) => {
    for (const change of changes) queue.push(change);
  });
  const end = (): void => {
    subscription[Symbol.dispose]();
    queue.close();
  };
  if (gone.signal.aborted) end();
  else gone.signal.addEventListener("abort", end, { once: true });
  async function* lines(): AsyncGenerator<WireWorkspaceEvent, void, undefined> {
    for await (const { path, kind, origin, from } of queue)
      yield { Path: path, Kind: kind, Origin: origin, ...(from !== undefined && { From: from }) };
  }
  return jsonLines(lines(), gone);
}

function toWire(path: string, node: WorkspaceNode): WireWorkspaceFile {
  return {
    Path: path,
    Type: TYPES.get(node.mode & S_IFMT) ?? "socket",
    SizeBytes: sizeOf(node),
    ModifiedMs: node.mtime.seconds * 1000 + Math.floor(node.mtime.nanoseconds / 1e6),
    Mode: node.mode & 0o7777,
    ...(node.target !== undefined && { Target: node.target }),
  };
}

const TYPES = new Map<number, WireWorkspaceFile["Type"]>([
  [S_IFREG, "file"],
  [S_IFDIR, "directory"],
  [S_IFLNK, "symlink"],
  [S_IFIFO, "fifo"],
]);

/** A path of the request, relative to the workspace. @throws EngineError invalid-argument when it is none, or leads up */
function pathOf({ query }: ApiRequest, name: string, { root = false }: { readonly root?: boolean } = {}): string {
  const text = query.get(name) ?? "";
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  const isBad = parts.includes("..") || text.includes("\0") || text.length > MAX_PATH_CHARACTERS;
  if (isBad || (parts.length === 0 && !root)) throw new EngineError("invalid-argument", `invalid ${name}: "${text}"`);
  return parts.join("/");
}

function failure({ query }: ApiRequest, error: unknown): EngineResponse {
  const path = query.get("path") ?? query.get("from") ?? "";
  if (error instanceof FileError) {
    const status = STATUS_BY_ERRNO.get(error.errno) ?? OTHERWISE_IN_THE_WAY;
    const advice = status === INSUFFICIENT_STORAGE ? ": the workspace is full" : "";
    return json({ message: `${path}: ${error.message.toLowerCase()}${advice}` }, status);
  }
  if (error instanceof VersionMismatch) return json({ message: error.message }, PRECONDITION_FAILED);
  if (error instanceof LeavesWorkspace) return json({ message: error.message }, 403);
  throw error;
}
