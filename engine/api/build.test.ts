import { beforeEach, describe, expect, it } from "vitest";
import { chunksOf, collect, collectText, decodeUtf8, encodeUtf8, streamOf } from "../base/streams.ts";
import { readTar } from "../oci/layer-tar.ts";
import { writeTar } from "../oci/tar-writer.ts";
import { decodeBuildStatus } from "../wire/build-status.ts";
import { createApp, type EngineFetch } from "./app.ts";
import { call, type CallResult, open } from "./testing/api-call.ts";
import { type FakeServices, fakeServices } from "./testing/fake-services.ts";

let services: FakeServices;
let app: EngineFetch;

beforeEach(() => {
  services = fakeServices();
  app = createApp(services);
});

function tarOf(files: Readonly<Record<string, string>>): ReadableStream<Uint8Array> {
  return writeTar(
    Object.entries(files).map(([path, text]) => ({
      entry: { path, size: encodeUtf8(text).length },
      content: streamOf(encodeUtf8(text)),
    })),
  );
}

const build = (dockerfile: string, query = "", files: Readonly<Record<string, string>> = {}): Promise<CallResult> =>
  call(app, `POST /v1.50/build?${query}`, { body: tarOf({ Dockerfile: dockerfile, ...files }) });

interface Message {
  readonly stream?: string;
  readonly id?: string;
  readonly aux?: unknown;
  readonly error?: string;
  readonly errorDetail?: { readonly code?: number; readonly message: string };
}

const messagesOf = ({ text }: CallResult): readonly Message[] =>
  text
    .trim()
    .split("\r\n")
    .map((line) => JSON.parse(line) as Message);
const streamOfBuild = (result: CallResult): string =>
  messagesOf(result)
    .map(({ stream = "" }) => stream)
    .join("");

async function newSession(options: object = {}): Promise<string> {
  const { json } = await call(app, "POST /drydock/build-sessions", { json: options });
  return (json as { Id: string }).Id;
}

describe("POST /build of a classic client", () => {
  it("tells steps, what they wrote, and what came of it", async () => {
    const result = await build("FROM busybox\nRUN echo hello\nENV A=b\n", "t=x:1&t=y");
    expect(result.status).toBe(200);
    expect(streamOfBuild(result)).toMatch(
      /^Step 1\/3 : FROM busybox\n ---> \w{12}\nStep 2\/3 : RUN echo hello\n ---> Running in (\w{12})\nhello\n ---> Removed intermediate container \1\n ---> \w{12}\nStep 3\/3 : ENV A=b\n ---> \w{12}\nSuccessfully built (\w{12})\nSuccessfully tagged x:1\nSuccessfully tagged y:latest\n$/,
    );
    expect(messagesOf(result).find(({ aux }) => aux !== undefined)).toEqual({
      aux: { ID: expect.stringMatching(/^sha256:\w{64}$/) as string },
    });
    expect((await services.images.resolve("y")).repoTags).toEqual(["x:1", "y:latest"]);
  });

  it("says which steps come from the cache, and keeps containers when told to", async () => {
    const dockerfile = "FROM busybox\nRUN echo a\n";
    await build(dockerfile);
    expect(streamOfBuild(await build(dockerfile))).toMatch(/RUN echo a\n ---> Using cache\n ---> /);
    expect(streamOfBuild(await build(dockerfile, "nocache=1&rm=0"))).not.toMatch(/Using cache|Removed/);
  });

  it("fails with the words and the code of a RUN", async () => {
    const message = "The command '/bin/sh -c exit 3' returned a non-zero code: 3";
    const messages = messagesOf(await build("FROM busybox\nRUN exit 3\n"));
    expect(messages.at(-1)).toEqual({ errorDetail: { code: 3, message }, error: message });
  });

  it("fails with the words for a file that is not there", async () => {
    const messages = messagesOf(await build("FROM busybox\nCOPY nope /x\n"));
    expect(messages.at(-1)?.error).toBe(
      "COPY failed: file not found in build context or excluded by .dockerignore: stat nope: file does not exist",
    );
  });

  it("answers q=1 with the id alone", async () => {
    expect((await build("FROM busybox\n", "q=1")).text).toMatch(/^\{"stream":"sha256:\w{64}\\n"\}\r\n$/);
  });

  it.each([
    ["", "FROM busybox\nFOO bar\n", 400, "dockerfile parse error on line 2: unknown instruction: FOO"],
    ["dockerfile=Other", "FROM busybox\n", 500, "Cannot locate specified Dockerfile: Other"],
    ["dockerfile=../x", "FROM busybox\n", 500, "forbidden path outside the build context: ../x ()"],
    ["t=BAD", "FROM busybox\n", 500, "invalid reference format: repository name (library/BAD) must be lowercase"],
    ["version=3", "FROM busybox\n", 400, 'invalid version "3"'],
    ["session=nope", "FROM busybox\n", 404, "no such build session: nope"],
  ])("refuses %s %j with %i", async (query, dockerfile, status, message) => {
    expect(await build(dockerfile, query)).toMatchObject({ status, json: { message } });
  });

  it("refuses a request without a context", async () => {
    expect(await call(app, "POST /build")).toMatchObject({
      status: 500,
      json: { message: "Cannot locate specified Dockerfile: Dockerfile" },
    });
  });

  it("hands everything it was asked for to the builder, the context without what it excludes", async () => {
    const query = new URLSearchParams({
      dockerfile: "d/Other",
      target: "stage",
      buildargs: '{"A":"1","B":null}',
      labels: '{"l":"v"}',
      cachefrom: '["c:1"]',
      networkmode: "none",
      extrahosts: "h:1.2.3.4",
      shmsize: "65536",
      memory: "1048576",
      platform: "linux/386",
      pull: "1",
      ulimits: '[{"Name":"nofile","Soft":1,"Hard":2}]',
    });
    const files = {
      "d/Other": "FROM busybox\n",
      secret: "x",
      "d/Other.dockerignore": "secret\n",
      ".dockerignore": "a",
    };
    const auth = btoa(JSON.stringify({ "https://index.docker.io/v1/": { username: "me", password: "pw" } }));
    await call(app, `POST /build?${query.toString()}`, {
      body: tarOf({ a: "1", ...files }),
      headers: { "x-registry-config": auth },
    });
    const [request] = services.builder.requests;
    expect(request).toMatchObject({
      dockerfile: { name: "d/Other", text: "FROM busybox\n" },
      target: "stage",
      buildArgs: new Map([["A", "1"]]),
      labels: new Map([["l", "v"]]),
      cacheFrom: ["c:1"],
      network: "none",
      extraHosts: ["h:1.2.3.4"],
      shmSizeBytes: 65536,
      memoryBytes: 1048576,
      platform: "linux/386",
      pull: true,
      noCache: false,
      ulimits: [{ name: "nofile", soft: 1, hard: 2 }],
      checkOnly: false,
    });
    expect(request?.context.find("secret")).toBeUndefined();
    expect(request?.context.find("a")).toBeDefined();
    expect(await request?.session.registryAuth("docker.io")).toEqual({ username: "me", password: "pw" });
    expect(await request?.session.registryAuth("localhost:5000")).toBeUndefined();
  });

  it("takes a Dockerfile from a URL", async () => {
    expect(streamOfBuild(await call(app, "POST /build?remote=http://x/Dockerfile"))).toMatch(
      /^Step 1\/1 : FROM busybox/,
    );
    expect(await call(app, "POST /build?remote=http://x/nope")).toMatchObject({ status: 500 });
  });
});

describe("POST /build?version=2", () => {
  it("sends BuildKit's trace, then the image's id", async () => {
    const messages = messagesOf(await build("FROM busybox\nRUN echo hello\n", "version=2&t=x"));
    const traces = messages.filter(({ id }) => id === "moby.buildkit.trace").map(({ aux }) => decodeTrace(aux));
    expect(traces.flatMap(({ vertexes }) => vertexes).map(({ name }) => name)).toContain("[2/2] RUN echo hello");
    expect(traces.flatMap(({ logs }) => logs).map(({ bytes }) => decodeUtf8(bytes))).toEqual(["hello\n"]);
    expect(messages.at(-1)).toEqual({
      id: "moby.image.id",
      aux: { ID: expect.stringMatching(/^sha256:/) as string },
    });
    expect(messages.some(({ id }) => id?.startsWith("drydock."))).toBe(false);
  });

  it("ends with BuildKit's words when a step fails", async () => {
    const message = 'process "/bin/sh -c exit 3" did not complete successfully: exit code: 3';
    const messages = messagesOf(await build("FROM busybox\nRUN exit 3\n", "version=2"));
    expect(messages.at(-1)).toEqual({ errorDetail: { message }, error: message });
  });

  it("is cancelled by id, and when the client goes away", async () => {
    const answer = await open(app, "POST /build?version=2&buildid=b1", {
      body: tarOf({ Dockerfile: "FROM busybox\nRUN wait\n" }),
    });
    expect(await call(app, "POST /build/cancel?id=b1")).toMatchObject({ status: 200, text: "" });
    expect(await collectText(answer.body as ReadableStream<Uint8Array>)).toContain('"error":"context canceled"');

    const gone = await open(app, "POST /build?version=2", {
      body: tarOf({ Dockerfile: "FROM busybox\nRUN wait\n" }),
    });
    const reader = (gone.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => services.builder.records()[0]?.status).toBe("canceled");
  });

  it("of no id is not cancelled", async () => {
    expect(await call(app, "POST /build/cancel")).toMatchObject({
      status: 400,
      json: { message: "build ID not provided" },
    });
    expect(await call(app, "POST /build/cancel?id=nope")).toMatchObject({ status: 200 });
  });
});

describe("a build session", () => {
  it("brings what POST /build has no parameter for, for one build", async () => {
    const id = await newSession({
      Dockerfile: { Name: "/elsewhere/D", Text: "FROM busybox\nRUN secret s\n" },
      ContextPath: "/root/x",
      NoCacheFilter: ["a"],
      NamedContexts: { Base: "docker-image://busybox:1", other: "target:b" },
    });
    expect((await call(app, `PUT /drydock/build-sessions/${id}/secrets/s`, { text: "12345" })).status).toBe(204);
    expect((await call(app, `PUT /drydock/build-sessions/${id}/ssh/default?socket=/run/a`)).status).toBe(204);
    const sent = await call(app, `PUT /drydock/build-sessions/${id}/contexts/Sent`, { body: tarOf({ f: "1" }) });
    expect(sent.status).toBe(204);
    const result = await build("FROM nothing\n", `version=2&session=${id}`);
    const messages = messagesOf(result);
    expect(messages[0]).toEqual({ id: "drydock.build", aux: { ID: "build1" } });
    expect(JSON.stringify(messages.filter(({ id: kind }) => kind === "moby.buildkit.trace").map(({ aux }) => decodeUtf8(decodeTrace(aux).logs[0]?.bytes ?? encodeUtf8(""))))).toContain("5 bytes"); // prettier-ignore
    const [request] = services.builder.requests;
    expect(request).toMatchObject({
      dockerfile: { name: "/elsewhere/D" },
      contextPath: "/root/x",
      noCache: new Set(["a"]),
    });
    expect(request?.namedContexts.get("base")).toEqual({ type: "image", reference: "busybox:1" });
    expect(request?.namedContexts.get("other")).toEqual({ type: "stage", name: "b" });
    expect(request?.namedContexts.get("sent")).toMatchObject({ type: "files" });
    expect(await request?.session.sshAgent("default")).toBeUndefined();
    expect(await request?.session.secret("s")).toBeUndefined();
    expect((await build("FROM busybox\n", `session=${id}`)).status).toBe(404);
  });

  it("tells where in the Dockerfile a build went wrong", async () => {
    const messages = messagesOf(await build("FROM busybox\nRUN exit 3\n", `version=2&session=${await newSession()}`));
    expect(messages.find(({ id }) => id === "drydock.build.error")?.aux).toEqual({
      Message: 'process "/bin/sh -c exit 3" did not complete successfully: exit code: 3',
      Vertex: expect.stringMatching(/^sha256:/) as string,
      Source: { FileName: "Dockerfile", Data: "FROM busybox\nRUN exit 3\n", Ranges: [{ Start: 2, End: 2 }] },
    });
  });

  it("keeps the files of the result for who asked for them, and makes no image", async () => {
    await build("FROM busybox\n", `version=2&session=${await newSession({ KeepFiles: true })}`);
    const { body } = await open(app, "GET /drydock/builds/build1/files");
    const names: string[] = [];
    for await (const { entry, content } of readTar(body as ReadableStream<Uint8Array>))
      names.push(`${entry.type} ${entry.path} ${(await collect(content)).length}`);
    expect(names).toEqual(["directory etc 0", "file hello 3", "file etc/made 13"]);
    expect(services.builder.requests[0]?.filesOnly).toBe(true);
    await build("FROM busybox\n", `version=2&session=${await newSession()}`);
    expect((await call(app, "GET /drydock/builds/build2/files")).status).toBe(404);
  });

  it("is given up by a client that does not build", async () => {
    const id = await newSession();
    expect((await call(app, `DELETE /drydock/build-sessions/${id}`)).status).toBe(204);
    expect((await call(app, `PUT /drydock/build-sessions/${id}/secrets/s`, { text: "1" })).status).toBe(404);
  });

  it.each([
    ["secrets/s", "x".repeat((500 << 10) + 1), "invalid secret size: s is above 512000"],
    ["ssh/default?socket=relative", "", "socket must be the absolute path of a socket in the guest"],
  ])("refuses %s", async (path, text, message) => {
    const answer = await call(app, `PUT /drydock/build-sessions/${await newSession()}/${path}`, { text });
    expect(answer).toMatchObject({ status: 400, json: { message } });
  });

  it("does not wait for ever: the oldest of many goes", async () => {
    const first = await newSession();
    for (let count = 0; count < 8; count += 1) await newSession();
    expect((await call(app, `DELETE /drydock/build-sessions/${first}`)).status).toBe(404);
  });
});

describe("/drydock/builds", () => {
  it("tells of builds and their steps", async () => {
    await build("FROM busybox\nRUN echo a\n", "t=x");
    const { json } = await call(app, "GET /drydock/builds");
    expect(json).toMatchObject([
      {
        Id: "build1",
        Status: "completed",
        Dockerfile: { Name: "Dockerfile", Text: "FROM busybox\nRUN echo a\n" },
        Tags: ["x:latest"],
        Steps: [
          { Index: 0, Text: "FROM busybox", Status: "done", HasState: true },
          {
            Index: 1,
            Stage: "stage-0",
            Range: { Start: 2, End: 2 },
            Text: "RUN echo a",
            Status: "done",
            SizeBytes: 10,
          },
        ],
      },
    ]);
  });

  it("tells them again whenever they change, until nobody listens", async () => {
    await build("FROM busybox\n");
    const { body } = await open(app, "GET /drydock/builds/events");
    const lines: { Id: string; Status: string }[] = [];
    await build("FROM busybox\nRUN exit 1\n");
    for await (const chunk of chunksOf(body as ReadableStream<Uint8Array>)) {
      lines.push(JSON.parse(decodeUtf8(chunk)) as { Id: string; Status: string });
      if (lines.at(-1)?.Status === "failed") break;
    }
    expect(lines[0]).toMatchObject({ Id: "build1", Status: "completed" });
    expect(lines.at(-1)).toMatchObject({ Id: "build2", Status: "failed" });
  });

  it("makes an image of the state after a step", async () => {
    await build("FROM busybox\nRUN echo a\n");
    expect(await call(app, "POST /drydock/builds/build1/steps/1/image")).toMatchObject({
      status: 201,
      json: { Id: expect.stringMatching(/^sha256:/) as string },
    });
    expect((await call(app, "POST /drydock/builds/nope/steps/1/image")).status).toBe(404);
    expect((await call(app, "POST /drydock/builds/build1/steps/x/image")).status).toBe(400);
  });

  it("shows the files of a step's layer", async () => {
    await build("FROM busybox\nRUN echo a\n");
    expect((await call(app, "GET /drydock/builds/build1/steps/1/files")).json).toEqual({
      Files: [
        { Path: "etc", Type: "directory", SizeBytes: 0, Change: "changed", Mode: 0o755, Uid: 0, Gid: 0 },
        { Path: "layer2", Type: "file", SizeBytes: 7, Change: "added", Mode: 0o644, Uid: 1, Gid: 2 },
        { Path: "ln", Type: "symlink", SizeBytes: 0, Change: "added", Mode: 0o777, Uid: 0, Gid: 0, Target: "etc" },
      ],
    });
    expect((await call(app, "GET /drydock/builds/build1/steps/7/files")).status).toBe(404);
  });
});

describe("/drydock/images/{name}/layers", () => {
  it("tells sizes and waste, and the files of each", async () => {
    const { json } = await call(app, "GET /drydock/images/nginx/layers");
    expect(json).toMatchObject([
      { CreatedBy: "", SizeBytes: 100, WasteBytes: 0 },
      { CreatedBy: "/bin/sh -c echo two > /two", SizeBytes: 200, WasteBytes: 1 },
    ]);
    const files = await call(app, "GET /drydock/images/nginx/layers/1/files?cumulative=1");
    expect(files.json).toMatchObject({ Truncated: true, Files: [{ Change: "unchanged" }, { Path: "layer2" }, {}] });
    expect((await call(app, "GET /drydock/images/nginx/layers/2/files")).status).toBe(404);
    expect((await call(app, "GET /drydock/images/nope/layers")).status).toBe(404);
  });
});

describe("the build cache", () => {
  const entry = {
    id: "abc",
    parents: ["p"],
    type: "regular",
    description: "mount / from exec /bin/sh -c make",
    inUse: false,
    shared: true,
    sizeBytes: 12,
    createdMs: 0,
    usageCount: 2,
  } as const;

  it("is part of GET /system/df", async () => {
    services.builder.entries = [entry, { ...entry, id: "d", parents: [], lastUsedMs: 1000 }];
    const { json } = await call(app, "GET /system/df?type=build-cache");
    expect(json).toMatchObject({
      BuildCache: [
        {
          ID: "abc",
          " Parents": ["p"],
          Type: "regular",
          Shared: true,
          Size: 12,
          CreatedAt: "1970-01-01T00:00:00.000Z",
          LastUsedAt: null,
          UsageCount: 2,
        },
        { ID: "d", LastUsedAt: "1970-01-01T00:00:01.000Z" },
      ],
    });
  });

  it("is pruned as far as it is asked for", async () => {
    services.builder.entries = [entry];
    const query = `all=1&reserved-space=5&filters=${encodeURIComponent('{"until":["24h"]}')}`;
    expect((await call(app, `POST /build/prune?${query}`)).json).toEqual({
      CachesDeleted: ["abc"],
      SpaceReclaimed: 12,
    });
    expect(services.builder.pruned).toEqual([{ all: true, keepBytes: 5, unusedForMs: 86_400_000 }]);
  });
});

function decodeTrace(aux: unknown): ReturnType<typeof decodeBuildStatus> {
  return decodeBuildStatus(Uint8Array.from(atob(aux as string), (character) => character.charCodeAt(0)));
}
