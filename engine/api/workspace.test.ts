import { describe, expect, it } from "vitest";
import { systemClock } from "../base/clock.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { Workspace } from "../workspace/workspace.ts";
import { createApp } from "./app.ts";
import { call, open } from "./testing/api-call.ts";
import { fakeServices } from "./testing/fake-services.ts";

async function world() {
  const workspace = await Workspace.open({
    records: new MemoryRecordStore(),
    blobs: new MemoryBlobStore(),
    clock: systemClock,
    limits: { maxBytes: 1000, maxFiles: 20 },
    sample: { Dockerfile: "FROM busybox\n", "site/index.html": "<p>" },
  });
  return { workspace, app: createApp({ ...fakeServices(), workspace }) };
}

const FILE = "/drydock/workspace/file?path=";

describe("the workspace's routes", () => {
  it("list files with what stat shows", async () => {
    const { app, workspace } = await world();
    workspace.tree.create(workspace.tree.root, "link", { mode: 0o120777, uid: 0, gid: 0, target: "site" });
    const { json } = await call(app, "GET /drydock/workspace/files");
    const ModifiedMs = expect.any(Number) as number;
    expect(json).toEqual({
      Files: [
        { Path: "Dockerfile", Type: "file", SizeBytes: 13, ModifiedMs, Mode: 0o644 },
        { Path: "link", Type: "symlink", SizeBytes: 4, ModifiedMs, Mode: 0o777, Target: "site" },
        { Path: "site", Type: "directory", SizeBytes: 4096, ModifiedMs, Mode: 0o755 },
        { Path: "site/index.html", Type: "file", SizeBytes: 3, ModifiedMs, Mode: 0o644 },
      ],
    });
  });

  it("read, write, compare versions, rename and remove", async () => {
    const { app } = await world();
    const { headers, text } = await call(app, `GET ${FILE}Dockerfile`);
    expect([text, headers.get("content-length")]).toEqual(["FROM busybox\n", "13"]);
    const etag = headers.get("etag") ?? "";
    const put = (ifMatch: string) =>
      call(app, `PUT ${FILE}Dockerfile`, { text: "FROM x\n", headers: { "if-match": ifMatch } });
    const { status, headers: answered } = await put(etag);
    expect([status, answered.get("etag") === etag]).toEqual([204, false]);
    expect((await put(etag)).status).toBe(412);
    expect((await call(app, "POST /drydock/workspace/directory?path=/a/b/")).status).toBe(204);
    expect((await call(app, "POST /drydock/workspace/rename?from=Dockerfile&to=new/place/Dockerfile")).status).toBe(
      204,
    );
    expect((await call(app, `GET ${FILE}new/place/Dockerfile`)).text).toBe("FROM x\n");
    expect((await call(app, `DELETE ${FILE}new`)).status).toBe(204);
    expect((await call(app, `GET ${FILE}new/place/Dockerfile`)).status).toBe(404);
  });

  it.each<[string, number, RegExp]>([
    [`GET ${FILE}`, 400, /invalid path/],
    [`GET ${FILE}../x`, 400, /invalid path/],
    [`GET ${FILE}a/../../x`, 400, /invalid path/],
    [`GET ${FILE}a%00b`, 400, /invalid path/],
    [`GET ${FILE}site`, 409, /site: is a directory/],
    [`GET ${FILE}nope`, 404, /nope: no such file or directory/],
    [`GET ${FILE}outside`, 403, /leads out of the workspace/],
    [`PUT ${FILE}outside`, 403, /leads out of the workspace/],
    [`PUT ${FILE}Dockerfile/x`, 409, /not a directory/],
    [`PUT ${FILE}${"x".repeat(256)}`, 400, /file name too long/],
    [`DELETE ${FILE}`, 400, /invalid path/],
    [`DELETE ${FILE}nope`, 404, /no such file/],
    ["POST /drydock/workspace/rename?from=site&to=site/in/it", 400, /invalid argument/],
    ["POST /drydock/workspace/rename?from=nope&to=x", 404, /no such file/],
  ])("answer %s with %i", async (request, status, message) => {
    const { app, workspace } = await world();
    workspace.tree.create(workspace.tree.root, "outside", { mode: 0o120777, uid: 0, gid: 0, target: "/etc/passwd" });
    const answer = await call(app, request, request.startsWith("PUT") ? { text: "x" } : {});
    expect(answer).toMatchObject({ status, json: { message: expect.stringMatching(message) as string } });
  });

  it("say that there is no room, and change nothing then", async () => {
    const { app } = await world();
    const { status, json } = await call(app, `PUT ${FILE}Dockerfile`, { text: "x".repeat(1001) });
    expect([status, json]).toEqual([507, { message: expect.stringMatching(/full/) as string }]);
    expect((await call(app, `GET ${FILE}Dockerfile`)).text).toBe("FROM busybox\n");
  });

  it("tell of changes until the client goes, and leave no listener", async () => {
    const { app, workspace } = await world();
    const gone = new AbortController();
    const { body } = await open(app, "GET /drydock/workspace/events", { signal: gone.signal });
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    workspace.tree.create(workspace.tree.root, "made", { mode: 0o100644, uid: 0, gid: 0 });
    const line = new TextDecoder().decode((await reader.read()).value);
    expect(JSON.parse(line)).toEqual({ Path: "made", Kind: "created", Origin: "guest" });
    gone.abort();
    expect((await reader.read()).done).toBe(true);
  });

  it("are not there without a workspace", async () => {
    expect((await call(createApp(fakeServices()), "GET /drydock/workspace/files")).status).toBe(501);
  });
});
