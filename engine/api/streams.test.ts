import { describe, expect, it } from "vitest";
import { Queue } from "../base/queue.ts";
import {
  chunksOf,
  collect,
  collectText,
  concat,
  decodeUtf8,
  encodeUtf8,
  streamFrom,
  streamOf,
} from "../base/streams.ts";
import { decodeFrames } from "../wire/stdcopy.ts";
import type { EngineResponse } from "./app.ts";
import { createApp } from "./app.ts";
import { call, open } from "./testing/api-call.ts";
import { fakeId } from "./testing/fake-records.ts";
import { fakeServices } from "./testing/fake-services.ts";

const ID = fakeId(1);
const UPGRADE = { upgrade: "tcp", connection: "Upgrade" };

async function frames({ body }: EngineResponse): Promise<string[]> {
  const result: string[] = [];
  if (body) for await (const { stream, bytes } of decodeFrames(body)) result.push(`${stream}: ${decodeUtf8(bytes)}`);
  return result;
}

async function created(
  json: object,
): Promise<{ app: ReturnType<typeof createApp>; services: ReturnType<typeof fakeServices> }> {
  const services = fakeServices();
  const app = createApp(services);
  await call(app, "POST /containers/create?name=c", { json: { Image: "busybox", ...json } });
  return { app, services };
}

describe("attach", () => {
  it("carries input one way and framed output the other, before and after the start", async () => {
    const { app } = await created({ Cmd: ["cat"], OpenStdin: true, StdinOnce: true });
    const input = streamOf(encodeUtf8("one\n"), encodeUtf8("two\n"));
    const response = await open(app, "POST /containers/c/attach?stream=1&stdin=1&stdout=1&stderr=1", {
      body: input,
      headers: UPGRADE,
    });
    expect(response).toMatchObject({ status: 200, hijack: true });
    expect(response.headers.get("content-type")).toBe("application/vnd.docker.multiplexed-stream");
    await call(app, "POST /containers/c/start");
    expect(await frames(response)).toEqual(["stdout: one\n", "stdout: two\n"]);
  });

  it("is raw with a terminal, and named raw for those who did not ask for an upgrade or are old", async () => {
    const { app } = await created({ Cmd: ["echo", "hi"], Tty: true });
    const response = await open(app, "POST /containers/c/attach?stream=1&stdout=1", { headers: UPGRADE });
    expect(response.headers.get("content-type")).toBe("application/vnd.docker.raw-stream");
    await call(app, "POST /containers/c/start");
    expect(await collectText(response.body as ReadableStream<Uint8Array>)).toBe("hi\r\n");
    const plain = await created({ Cmd: ["echo", "hi"] });
    for (const [path, headers] of [
      ["/containers/c/attach?stream=1&stdout=1", {}],
      ["/v1.41/containers/c/attach?stream=1&stdout=1", UPGRADE],
    ] as const) {
      const other = await open(plain.app, `POST ${path}`, { headers });
      expect(other.headers.get("content-type")).toBe("application/vnd.docker.raw-stream");
      await other.body?.cancel();
    }
  });

  it("ends for the client that goes, not for the container", async () => {
    const { app, services } = await created({ Cmd: ["cat"], OpenStdin: true });
    await call(app, "POST /containers/c/start");
    const gone = new AbortController();
    const input = new Queue<Uint8Array>();
    const response = await open(app, "POST /containers/c/attach?stream=1&stdin=1&stdout=1", {
      body: streamFrom(input),
      signal: gone.signal,
    });
    const output = collect(response.body as ReadableStream<Uint8Array>);
    gone.abort(new Error("gone"));
    expect(await output).toEqual(new Uint8Array(0));
    expect(services.containers.get("c").state.status).toBe("running");
  });
});

describe("exec", () => {
  async function exec(json: object): Promise<{ app: ReturnType<typeof createApp>; id: string }> {
    const { app } = await created({ Cmd: ["sleep", "9"] });
    await call(app, "POST /containers/c/start");
    const { json: answer } = await call(app, "POST /containers/c/exec", {
      json: { AttachStdout: true, AttachStderr: true, ...json },
    });
    return { app, id: (answer as { Id: string }).Id };
  }

  it("takes its options from the front of the stream, and the rest for stdin", async () => {
    const { app, id } = await exec({ Cmd: ["cat"], AttachStdin: true });
    const options = encodeUtf8('{"Detach":false,"Tty":false}');
    const pieces = [options.subarray(0, 5), concat([options.subarray(5), encodeUtf8("early ")]), encodeUtf8("late")];
    const headers = { ...UPGRADE, "content-length": String(options.length) };
    const response = await open(app, `POST /exec/${id}/start`, { body: streamFrom(pieces), headers });
    expect(await frames(response)).toEqual(["stdout: early ", "stdout: late"]);
    expect(await call(app, `GET /exec/${id}/json`)).toMatchObject({
      json: {
        ID: id,
        Running: false,
        ExitCode: 0,
        ContainerID: ID,
        OpenStdin: true,
        ProcessConfig: { entrypoint: "cat", arguments: [] },
      },
    });
  });

  it("reads as much as makes JSON when no length was given", async () => {
    const { app, id } = await exec({ Cmd: ["echo", "x"] });
    const response = await open(app, `POST /exec/${id}/start`, {
      body: streamFrom([encodeUtf8('{"Tty"'), encodeUtf8(":false}")]),
    });
    expect(await frames(response)).toEqual(["stdout: x\n"]);
  });

  it("says why a program cannot start as output, with the code in its record", async () => {
    const { app, id } = await exec({ Cmd: ["nosuch"] });
    const response = await open(app, `POST /exec/${id}/start`, { json: { Detach: false }, headers: UPGRADE });
    expect(await frames(response)).toEqual([
      'stdout: OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH\r\n',
    ]);
    expect(await call(app, `GET /exec/${id}/json`)).toMatchObject({ json: { ExitCode: 127 } });
  });

  it("answers a detached start at once", async () => {
    const { app, id } = await exec({ Cmd: ["sleep", "1"] });
    expect(await call(app, `POST /exec/${id}/start`, { json: { Detach: true } })).toMatchObject({
      status: 200,
      text: "",
    });
    expect(await call(app, `GET /exec/${id}/json`)).toMatchObject({ json: { Running: true, ExitCode: null } });
    expect(await call(app, `POST /exec/${id}/resize?h=10&w=20`)).toMatchObject({ status: 200 });
  });
});

describe("wait", () => {
  it("answers with its headers before the end, and with the code after it", async () => {
    const { app } = await created({ Cmd: ["exit", "7"] });
    const response = await open(app, "POST /containers/c/wait?condition=next-exit");
    expect(response.status).toBe(200);
    await call(app, "POST /containers/c/start");
    expect(await collectText(response.body as ReadableStream<Uint8Array>)).toBe('{"StatusCode":7}\n');
  });

  it("waits for the removal when asked to", async () => {
    const { app } = await created({ Cmd: ["exit", "7"], HostConfig: { AutoRemove: true } });
    const response = await open(app, "POST /containers/c/wait?condition=removed");
    await call(app, "POST /containers/c/start");
    expect(await collectText(response.body as ReadableStream<Uint8Array>)).toBe('{"StatusCode":7}\n');
    expect(await call(app, "GET /containers/c/json")).toMatchObject({ status: 404 });
  });
});

describe("logs", () => {
  async function logged(): Promise<ReturnType<typeof createApp>> {
    const { app, services } = await created({ Cmd: ["echo", "hello"] });
    await call(app, "POST /containers/c/start");
    await services.containers.wait("c", "not-running");
    return app;
  }

  it("are framed, with times when asked for", async () => {
    const app = await logged();
    expect(await frames(await open(app, "GET /containers/c/logs?stdout=1&stderr=1&tail=all"))).toEqual([
      "stdout: hello\n",
    ]);
    expect(await frames(await open(app, "GET /containers/c/logs?stdout=1&timestamps=1"))).toEqual([
      "stdout: 2026-11-21T02:10:00.000000000Z hello\n",
    ]);
    expect(await frames(await open(app, "GET /containers/c/logs?stderr=1"))).toEqual([]);
    expect(await frames(await open(app, "GET /containers/c/logs?stdout=1&tail=0"))).toEqual([]);
    expect(await frames(await open(app, "GET /containers/c/logs?stdout=1&since=4000000000"))).toEqual([]);
  });

  it("follow until the client has enough", async () => {
    const { app } = await created({ Cmd: ["cat"], OpenStdin: true });
    await call(app, "POST /containers/c/start");
    const input = new Queue<Uint8Array>();
    const attached = await open(app, "POST /containers/c/attach?stream=1&stdin=1", { body: streamFrom(input) });
    const { body } = await open(app, "GET /containers/c/logs?stdout=1&follow=1");
    input.push(encodeUtf8("news\n"));
    for await (const { bytes } of decodeFrames(body as ReadableStream<Uint8Array>)) {
      expect(decodeUtf8(bytes)).toBe("news\n");
      break;
    }
    await attached.body?.cancel();
  });
});

describe("events", () => {
  async function some(): Promise<{ app: ReturnType<typeof createApp>; services: ReturnType<typeof fakeServices> }> {
    const { app, services } = await created({ Cmd: ["true"], Labels: { a: "b" } });
    services.clock.advance(1000);
    await call(app, "POST /containers/c/start");
    await services.containers.wait("c", "not-running");
    await call(app, "POST /images/nginx/tag?repo=n&tag=1");
    services.clock.advance(1000);
    return { app, services };
  }
  const actions = (text: string): string[] =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => (JSON.parse(line) as { Action: string }).Action);

  it.each<[string, string[]]>([
    ["", ["create", "start", "die", "tag"]],
    ['{"type":["image"]}', ["tag"]],
    ['{"event":["start","die"]}', ["start", "die"]],
    ['{"container":["c"]}', ["create", "start", "die"]],
    ['{"container":["nope"]}', []],
    ['{"label":["a=b"]}', ["create", "start", "die"]],
    ['{"image":["busybox"]}', ["create", "start", "die"]],
    ['{"image":["n"]}', ["tag"]],
    ['{"scope":["swarm"]}', []],
    ['{"nonsense":["x"]}', ["create", "start", "die", "tag"]],
    ['{"event":["exec_create"]}', []],
  ])("of the past are chosen by %s", async (filters, expected) => {
    const { app } = await some();
    const { text } = await call(app, `GET /events?since=1&until=1795227002&filters=${encodeURIComponent(filters)}`);
    expect(actions(text)).toEqual(expected);
  });

  it("have Docker's fields, with all digits of their time", async () => {
    const { app } = await some();
    const { text } = await call(app, "GET /events?since=1795227001&until=1795227002");
    expect(text.split("\n")[0]).toBe(
      `{"status":"start","id":"${ID}","from":"busybox","Type":"container","Action":"start","Actor":{"ID":"${ID}","Attributes":{"a":"b","image":"busybox","name":"c"}},"scope":"local","time":1795227001,"timeNano":1795227001000000000}`,
    );
  });

  it("come as they happen, and stop at the time that was asked for", async () => {
    const { app, services } = await created({ Cmd: ["true"] });
    const { body } = await open(app, "GET /events?until=1795227010");
    const text = collectText(body as ReadableStream<Uint8Array>);
    await call(app, "POST /containers/c/start");
    await services.containers.wait("c", "not-running");
    services.clock.advance(20_000);
    expect(actions(await text)).toEqual(["start", "die"]);
  });

  it("are heard by nobody once the client has gone", async () => {
    const { app } = await created({ Cmd: ["true"] });
    const { body } = await open(app, "GET /events");
    expect(await call(app, "GET /info")).toMatchObject({ json: { NEventsListener: 1 } });
    const reader = chunksOf(body as ReadableStream<Uint8Array>);
    const first = reader.next();
    await call(app, "POST /containers/c/start");
    await first;
    await reader.return();
    expect(await call(app, "GET /info")).toMatchObject({ json: { NEventsListener: 0 } });
  });
});
