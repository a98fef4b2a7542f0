import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect, streamOf } from "../base/streams.ts";
import type { Engine } from "../engine-options.ts";
import { createEngine } from "../engine.ts";
import { createFileAssets } from "../node/file-assets.ts";
import { openFileStorage } from "../node/storage.ts";
import { normalise } from "./normalise.ts";
import { differences, readRecording } from "./recording.ts";
import { Api, type Send } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/all.ts";

let engine: Engine;

beforeAll(async () => {
  const assets = createFileAssets(join(import.meta.dirname, "../../public"));
  engine = await createEngine({ assets, storage: openFileStorage("memory") });
  const api = new Api(send);
  for (const image of ["hello-world", "busybox"])
    await api.quietly(`POST /images/create?fromImage=${image}&tag=latest`);
  for (const tag of ["1.35", "1.35.0", "stable"]) await api.quietly(`POST /images/busybox/tag?repo=busybox&tag=${tag}`);
  await api.quietly("POST /images/hello-world/tag?repo=hello-world&tag=linux");
});

afterAll(() => engine[Symbol.asyncDispose]());

const send: Send = async ({ method, target, headers, body }) => {
  const [path = "", query = ""] = target.split("?");
  const length = body === undefined ? {} : { "content-length": String(body.length) };
  const response = await engine.fetch({
    method,
    path,
    query: new URLSearchParams(query),
    headers: new Map(Object.entries({ ...headers, ...length })),
    body: body === undefined ? undefined : streamOf(body),
  });
  const bytes = response.body === undefined || method === "HEAD" ? new Uint8Array() : await collect(response.body);
  return { status: response.status, headers: response.headers, body: bytes };
};

describe("answers as a real Docker daemon answered", () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))("%s", async (name, scenario) => {
    const api = new Api(send);
    await scenario.run(api);
    expect(differences(await readRecording(name), normalise(api.exchanges))).toEqual([]);
  });
});
