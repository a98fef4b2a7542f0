import { beforeEach, expect, test, vi } from "vitest";
import type { DockerFetch } from "../data/engine-client.ts";
import { FakeWorkspace } from "../testing/fake-workspace.ts";
import { WorkspaceDocuments } from "./workspace-documents.ts";

let workspace: FakeWorkspace;
let documents: WorkspaceDocuments;
let requests: string[];

/** Over the same routes as in the page. */
const fetch: DockerFetch = async (path, init) => {
  const url = new URL(path, "http://localhost");
  const method = init?.method ?? "GET";
  requests.push(`${method} ${url.searchParams.get("path")}`);
  const body = init?.body ? (new Response(init.body).body ?? undefined) : undefined;
  const headers = new Map(new Headers(init?.headers));
  const answer = await workspace.answer({ method, path: url.pathname, query: url.searchParams, headers, body });
  if (!answer) throw new Error(`no such route: ${path}`);
  const isEmpty = answer.status === 204;
  return new Response(isEmpty ? null : answer.body, { status: answer.status, headers: [...answer.headers] });
};

beforeEach(() => {
  workspace = new FakeWorkspace();
  requests = [];
  documents = new WorkspaceDocuments(() => undefined);
  documents.use(fetch);
  workspace.write("a.txt", "one");
});

const saved = async (path: string, text: string): Promise<void> => {
  await vi.waitFor(() => expect(workspace.text(path)).toBe(text), { timeout: 2000 });
};

test("a change is saved by itself, a burst of changes once", async () => {
  await documents.open("a.txt");
  for (const text of ["one ", "one t", "one tw", "one two"]) documents.edit("a.txt", text);
  expect(documents.get("a.txt")?.state).toBe("dirty");
  await saved("a.txt", "one two");
  await vi.waitFor(() => expect(documents.unsaved().size).toBe(0));
  expect(requests.filter((request) => request.startsWith("PUT"))).toHaveLength(1);
});

test("a file that is changed elsewhere is shown as it is now", async () => {
  await documents.open("a.txt");
  workspace.write("a.txt", "from vi");
  documents.noticed("a.txt");
  await vi.waitFor(() =>
    expect(documents.get("a.txt")).toMatchObject({ text: "from vi", state: "clean", revision: 1 }),
  );
});

test("when both sides have changed a file nothing is overwritten before a choice", async () => {
  await documents.open("a.txt");
  documents.edit("a.txt", "mine");
  workspace.write("a.txt", "theirs");
  await documents.flush("a.txt");
  expect(documents.get("a.txt")).toMatchObject({ text: "mine", state: "conflict" });
  expect(workspace.text("a.txt")).toBe("theirs");
  documents.edit("a.txt", "mine, more");
  await documents.flush("a.txt");
  expect(workspace.text("a.txt")).toBe("theirs");
});

test.each([
  ["mine", { "a.txt": "mine" }, "mine"],
  ["theirs", { "a.txt": "theirs" }, "theirs"],
  ["both", { "a.txt": "mine", "a.txt.theirs": "theirs" }, "mine"],
] as const)("a conflict that ends with “%s”", async (choice, files, text) => {
  await documents.open("a.txt");
  documents.edit("a.txt", "mine");
  workspace.write("a.txt", "theirs");
  await documents.flush("a.txt");
  await documents.resolve("a.txt", choice);
  expect(documents.get("a.txt")).toMatchObject({ text, state: "clean" });
  for (const [path, content] of Object.entries(files)) expect(workspace.text(path)).toBe(content);
  expect(workspace.files.size).toBe(Object.keys(files).length);
});

test("the same change on both sides is no conflict", async () => {
  await documents.open("a.txt");
  documents.edit("a.txt", "same");
  workspace.write("a.txt", "same");
  await documents.flush("a.txt");
  expect(documents.get("a.txt")?.state).toBe("clean");
});

test("the text of a file that was deleted elsewhere is kept, and can be saved again", async () => {
  await documents.open("a.txt");
  workspace.files.delete("a.txt");
  documents.noticed("");
  await vi.waitFor(() => expect(documents.get("a.txt")?.state).toBe("gone"));
  await documents.resolve("a.txt", "mine");
  expect(workspace.text("a.txt")).toBe("one");
});

test("what cannot be saved while the machine is away is saved when it is back", async () => {
  await documents.open("a.txt");
  documents.use(() => Promise.reject(new Error("the engine was stopped")));
  documents.edit("a.txt", "while away");
  await documents.flush("a.txt");
  expect(documents.get("a.txt")).toMatchObject({ state: "failed", problem: "the engine was stopped" });
  documents.use(fetch);
  await saved("a.txt", "while away");
  await vi.waitFor(() => expect(documents.get("a.txt")?.state).toBe("clean"));
});

test("bytes that are no text, and large files, are not opened", async () => {
  workspace.write("nul", "a\0b");
  workspace.files.set("latin1", { bytes: Uint8Array.of(0x67, 0xfc, 0x6e), mode: 0o644, version: 99 });
  workspace.write("large", "x".repeat((2 << 20) + 1));
  expect(await documents.open("nul")).toBe("binary");
  expect(await documents.open("latin1")).toBe("binary");
  expect(await documents.open("large")).toBe("too-large");
  expect(await documents.open("nothing")).toBe("missing");
});

test("a renamed file goes on under its new name, with its unsaved text", async () => {
  await documents.open("a.txt");
  documents.edit("a.txt", "edited");
  await documents.flush("a.txt");
  await fetch("/drydock/workspace/rename?from=a.txt&to=b.txt", { method: "POST" });
  documents.move("a.txt", "b.txt");
  documents.edit("b.txt", "edited again");
  await documents.flush("b.txt");
  expect(workspace.text("b.txt")).toBe("edited again");
  expect(documents.get("a.txt")).toBeUndefined();
});
