import { describe, expect, it } from "vitest";
import { EngineError } from "../base/errors.ts";
import { chunksOf, collectText, encodeUtf8, streamOf } from "../base/streams.ts";
import type { CommitRequest } from "../containers/commit-container.ts";
import type { LoadEvent } from "../images/load-images.ts";
import { parseReference } from "../oci/reference.ts";
import { createApp } from "./app.ts";
import type { Services } from "./services.ts";
import { call } from "./testing/api-call.ts";
import { fakeServices, type FakeServices } from "./testing/fake-services.ts";

const STAT = { name: "l", size: 4, mode: 0o120777, mtimeSeconds: 1, mtimeNanoseconds: 500_000_000, linkTarget: "/d" };

interface World {
  readonly app: ReturnType<typeof createApp>;
  readonly services: FakeServices;
  readonly asked: unknown[];
  readonly events: () => readonly string[];
}

/** A container `web`, and archives that write down what they are asked. */
async function world(extra: Partial<Services> = {}): Promise<World> {
  const services = fakeServices();
  const asked: unknown[] = [];
  const archives: Services["archives"] = {
    stat: async (...request) => (asked.push(["stat", ...request]), STAT),
    read: async (...request) => (asked.push(["read", ...request]), { stat: STAT, tar: streamOf(encodeUtf8("tar")) }),
    write: async (container, path, body, options) =>
      void asked.push(["write", container, path, await collectText(body), options]),
    changes: async () => [],
    export: async () => streamOf(encodeUtf8("all of it")),
  };
  const app = createApp({ ...services, archives, ...extra });
  await call(app, "POST /containers/create?name=web", { json: { Image: "busybox", Cmd: ["sleep", "9"] } });
  return {
    app,
    services,
    asked,
    events: () => services.events.recent().map(({ type, action }) => `${type} ${action}`),
  };
}

describe("files of containers", () => {
  it("are described in a header", async () => {
    const { app, asked } = await world();
    const { status, headers, text } = await call(app, "HEAD /containers/web/archive?path=/l");
    const stat = JSON.parse(atob(headers.get("x-docker-container-path-stat") ?? ""));
    expect({ status, text, stat }).toEqual({
      status: 200,
      text: "",
      stat: { name: "l", size: 4, mode: 134_218_239, mtime: "1970-01-01T00:00:01.5Z", linkTarget: "/d" },
    });
    expect(asked).toEqual([["stat", "web", "/l"]]);
  });

  it("come as a tar, compressed for who asks for it", async () => {
    const { app } = await world();
    const plain = await call(app, "GET /containers/web/archive?path=/l");
    expect(plain).toMatchObject({ status: 200, text: "tar" });
    expect(plain.headers.get("content-type")).toBe("application/x-tar");
    const response = await app({
      method: "GET",
      path: "/containers/web/archive",
      query: new URLSearchParams("path=/l"),
      headers: new Map([["accept-encoding", "deflate, gzip"]]),
      body: undefined,
    });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    const body = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(
      new DecompressionStream("gzip"),
    );
    expect(await collectText(body)).toBe("tar");
  });

  it("are put with the options that were asked for; empty ones are none", async () => {
    const { app, asked } = await world();
    await call(app, "PUT /containers/web/archive?path=/d&noOverwriteDirNonDir=true&copyUIDGID=1", { text: "body" });
    await call(app, "PUT /containers/web/archive?path=/d&noOverwriteDirNonDir=&copyUIDGID=", {});
    expect(asked).toEqual([
      ["write", "web", "/d", "body", { keepKinds: true, copyOwner: true }],
      ["write", "web", "/d", "", { keepKinds: false, copyOwner: false }],
    ]);
  });

  it.each(["HEAD", "GET", "PUT"])("need a path: %s", async (method) => {
    const { app } = await world();
    const { status } = await call(app, `${method} /containers/web/archive`);
    expect(status).toBe(400);
    const { json } = await call(app, "GET /containers/web/archive");
    expect(json).toEqual({ message: "bad parameter: pathcannot be empty" });
  });

  it("that did not change are null", async () => {
    const { app } = await world();
    expect((await call(app, "GET /containers/web/changes")).json).toBeNull();
    expect(await call(app, "GET /containers/nope/changes")).toMatchObject({ status: 404 });
  });

  it("that did have Docker's numbers", async () => {
    const changes = async () =>
      [
        { path: "/a", kind: "modified" },
        { path: "/a/b", kind: "added" },
        { path: "/c", kind: "deleted" },
      ] as const;
    const { app } = await world({ archives: { ...missing(), changes } });
    expect((await call(app, "GET /containers/web/changes")).json).toEqual([
      { Path: "/a", Kind: 0 },
      { Path: "/a/b", Kind: 1 },
      { Path: "/c", Kind: 2 },
    ]);
  });

  it("are exported as a whole", async () => {
    const { app } = await world();
    const { text, headers } = await call(app, "GET /containers/web/export");
    expect({ text, type: headers.get("content-type") }).toEqual({
      text: "all of it",
      type: "application/octet-stream",
    });
  });
});

const missing = (): NonNullable<Services["archives"]> => {
  const none = async (): Promise<never> => Promise.reject(new Error("not asked for"));
  return { stat: none, read: none, write: none, changes: none, export: none };
};

describe("docker commit", () => {
  async function commit(target: string, options: Parameters<typeof call>[2] = {}) {
    const requests: CommitRequest[] = [];
    const base = await world();
    const app = createApp({
      ...base.services,
      commit: async (_, request) => {
        requests.push(request);
        return await base.services.images.resolve("busybox");
      },
    });
    return { result: await call(app, target, options), request: requests[0], events: base.events };
  }

  it("hands on what was asked, and tells of the image", async () => {
    const { result, request, events } = await commit(
      "POST /commit?container=web&repo=x.io/y&tag=2&author=me&comment=hey&pause=0&changes=CMD%20a&changes=ENV%20A=b",
    );
    expect(result).toMatchObject({ status: 201, json: { Id: expect.stringMatching(/^sha256:/) } });
    expect(request).toMatchObject({
      author: "me",
      comment: "hey",
      pause: false,
      changes: ["CMD a", "ENV A=b"],
      name: parseReference("x.io/y:2"),
      containerConfig: { Cmd: ["sleep", "9"], Image: "busybox" },
    });
    expect(request).not.toHaveProperty("config");
    expect(events().slice(-2)).toEqual(["image create", "image tag"]);
  });

  it("pauses unless told otherwise, and takes a config from the body", async () => {
    const { request } = await commit("POST /commit?container=web", { json: { Cmd: ["x"], Labels: { a: "b" } } });
    expect(request).toMatchObject({ pause: true, config: { Cmd: ["x"], Labels: { a: "b" } } });
    expect(request).not.toHaveProperty("name");
    const none = await commit("POST /commit?container=web", { json: null });
    expect(none.request).not.toHaveProperty("config");
  });

  it.each([
    ["POST /commit?container=nope", 404, "No such container: nope"],
    [
      "POST /commit?container=web&repo=UPPER",
      400,
      "invalid reference format: repository name (library/UPPER) must be lowercase",
    ],
    ["POST /commit?container=web&repo=x&tag=b%20d", 400, "invalid tag format"],
  ])("%s is %i", async (target, status, message) => {
    expect((await commit(target)).result).toMatchObject({ status, json: { message } });
  });
});

describe("archives of images", () => {
  const none = async (): Promise<never> => Promise.reject(new Error("not asked for"));
  const archives = (fields: Partial<NonNullable<Services["imageArchives"]>>): Partial<Services> => ({
    imageArchives: {
      save: none,
      load: () => chunksOf(new ReadableStream<LoadEvent>()),
      import: none,
      fetch: none,
      ...fields,
    },
  });

  it("are saved by all the names that were given", async () => {
    const saved: unknown[] = [];
    const { app, services } = await world(
      archives({ save: async (names) => (saved.push(names), { saved: [], tar: streamOf(encodeUtf8("tar")) }) }),
    );
    expect(await call(app, "GET /images/get?names=a&names=b:1")).toMatchObject({ status: 200, text: "tar" });
    expect(await call(app, "GET /images/x.io/y:1/get")).toMatchObject({ status: 200, text: "tar" });
    expect(saved).toEqual([["a", "b:1"], ["x.io/y:1"]]);
    expect(services.events.recent().filter(({ action }) => action === "save")).toEqual([]);
  });

  it("are loaded with progress for who asks for it, and errors in the stream", async () => {
    async function* load(): AsyncGenerator<LoadEvent, void, undefined> {
      yield { kind: "progress", status: "Loading layer", id: "0123456789ab", currentBytes: 2, totalBytes: 4 };
      yield { kind: "stream", text: "Loaded image: x:1\n" };
      throw new EngineError("invalid-argument", "archive/tar: unexpected EOF");
    }
    const { app } = await world(archives({ load }));
    const loaded = '{"stream":"Loaded image: x:1\\n"}\r\n';
    const failed = '{"errorDetail":{"message":"unexpected EOF"},"error":"unexpected EOF"}\r\n';
    expect(await call(app, "POST /images/load")).toMatchObject({ status: 200, text: loaded + failed });
    const { text } = await call(app, "POST /images/load?quiet=0");
    expect(text).toMatch(
      /^\{"status":"Loading layer","progressDetail":\{"current":2,"total":4\}.*"id":"0123456789ab"\}\r\n/,
    );
  });

  it("are imported with a name and what they run", async () => {
    const options: unknown[] = [];
    const base = await world();
    const image = await base.services.images.resolve("busybox");
    const { app, events } = await world(archives({ import: async (_, given) => (options.push(given), image) }));
    const target = "POST /images/create?fromSrc=-&repo=r&tag=1&message=hey&changes=CMD%20x&platform=linux/386";
    expect(await call(app, target, { text: "tar" })).toMatchObject({ status: 200, json: { status: image.id } });
    expect(options).toEqual([
      {
        name: parseReference("r:1"),
        platform: { os: "linux", architecture: "386" },
        config: { Cmd: ["/bin/sh", "-c", "x"] },
        message: "hey",
      },
    ]);
    expect(events().slice(-2)).toEqual(["image tag", "image import"]);
  });

  it("that cannot be imported have a status of their own", async () => {
    const bad = new EngineError("invalid-argument", "archive/tar: unexpected EOF");
    const { app } = await world(archives({ import: () => Promise.reject(bad) }));
    expect(await call(app, "POST /images/create?fromSrc=-", { text: "x" })).toMatchObject({
      status: 500,
      json: { message: "unexpected EOF" },
    });
    expect(await call(app, "POST /images/create?fromSrc=-&changes=FOO")).toMatchObject({
      status: 400,
      json: { message: "FOO is not a valid change command" },
    });
  });

  it("are 501 where the engine is not wired with them", async () => {
    const { app } = await world();
    expect(await call(app, "GET /images/get?names=x")).toMatchObject({ status: 501 });
  });
});
