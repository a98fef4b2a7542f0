import { describe, expect, it } from "vitest";
import { createApp } from "./app.ts";
import { call } from "./testing/api-call.ts";
import { fakeServices } from "./testing/fake-services.ts";

const filters = (value: unknown): string => encodeURIComponent(JSON.stringify(value));

const JSON_TYPE = { headers: { "content-type": "application/json" } };

async function world() {
  const services = fakeServices();
  const app = createApp(services);
  await call(app, "POST /v1.50/volumes/create", { ...JSON_TYPE, json: { Name: "data", Labels: { a: "b" } } });
  const tmpfs = { Name: "tmp", DriverOpts: { type: "tmpfs", device: "x" } };
  await call(app, "POST /v1.50/volumes/create", { ...JSON_TYPE, json: tmpfs });
  await call(app, "POST /v1.50/volumes/create");
  await services.volumes.acquire({ name: "data" }, "c1");
  return { app, services };
}

const namesOf = (json: unknown): readonly string[] =>
  (json as { Volumes: { Name: string }[] }).Volumes.map(({ Name }) =>
    Name.length === 64 ? "anonymous" : Name,
  ).toSorted();

describe("volumes", () => {
  it("are shown as Docker shows them", async () => {
    const { app } = await world();
    const { status, json } = await call(app, "GET /v1.50/volumes/tmp");
    expect([status, json]).toEqual([
      200,
      {
        CreatedAt: expect.stringMatching(/^[\d-]+T[\d:]+Z$/),
        Driver: "local",
        Labels: null,
        Mountpoint: "/var/lib/docker/volumes/tmp/_data",
        Name: "tmp",
        Options: { device: "x", type: "tmpfs" },
        Scope: "local",
      },
    ]);
  });

  it.each([
    ["{}", ["anonymous", "data", "tmp"]],
    ['{"dangling":["true"]}', ["anonymous", "tmp"]],
    ['{"dangling":{"0":true}}', ["data"]],
    ['{"label":["a=b"]}', ["data"]],
    ['{"name":["ta"]}', ["data"]],
    ['{"driver":["nope"]}', []],
  ])("are listed with the filters %s", async (text, names) => {
    const { app } = await world();
    const { json } = await call(app, `GET /v1.50/volumes?filters=${encodeURIComponent(text)}`);
    expect(namesOf(json)).toEqual(names);
    expect(json).toHaveProperty("Warnings", null);
  });

  it.each<[string, object | undefined, number, string]>([
    ["GET /volumes/nope", undefined, 404, "get nope: no such volume"],
    ["GET /volumes/%00", undefined, 404, "get \0: no such volume"],
    ["GET /volumes/x%2fdata", undefined, 404, "get x/data: no such volume"],
    ["GET /volumes/", undefined, 404, "get: no such volume"],
    [`GET /volumes?filters=${filters({ x: ["y"] })}`, undefined, 400, "invalid filter 'x'"],
    [`GET /volumes?filters=${filters({ dangling: ["x"] })}`, undefined, 400, "invalid filter 'dangling=[x]'"],
    ["GET /volumes?filters=xx", undefined, 400, "error reading volume filters: invalid filter"],
    ["POST /volumes/create", { Name: "a" }, 400, "create a: volume name is too short"],
    ["POST /volumes/create", { Name: "xx", Driver: "nope" }, 404, 'plugin "nope" not found'],
    ["POST /volumes/create", { Name: "xx", ClusterVolumeSpec: {} }, 503, "This node is not a swarm manager."],
    ["PUT /volumes/data?version=1", {}, 503, "volume update only valid for cluster volumes, but swarm is unavailable"],
    ["DELETE /volumes/nope", undefined, 404, "get nope: no such volume"],
    ["DELETE /volumes/data?force=1", undefined, 409, "remove data: volume is in use - [c1]"],
    [
      `POST /volumes/prune?filters=${filters({ all: ["x"] })}`,
      undefined,
      400,
      "invalid filter 'all': strconv.ParseBool",
    ],
  ])("%s with %j is answered as Docker does", async (request, json, status, message) => {
    const { app } = await world();
    const answer = await call(app, request, json && { ...JSON_TYPE, json });
    expect(answer.status).toBe(status);
    expect((answer.json as { message: string }).message).toContain(message);
  });

  it("are removed, and with force whether they are there or not", async () => {
    const { app } = await world();
    expect((await call(app, "DELETE /volumes/tmp")).status).toBe(204);
    expect((await call(app, "DELETE /volumes/tmp?force=1")).status).toBe(204);
  });

  it.each([
    ["/v1.50", {}, ["data", "tmp"]],
    ["/v1.41", {}, ["data"]],
    ["/v1.50", { all: ["true"] }, ["data"]],
    ["/v1.50", { all: ["true"], "label!": ["com.docker.volume.anonymous"] }, ["anonymous", "data"]],
    ["/v1.50", { label: ["nope"] }, ["anonymous", "data", "tmp"]],
  ])("of %s are pruned with %j down to %j", async (version, wanted, left) => {
    const { app } = await world();
    const { status, json } = await call(app, `POST ${version}/volumes/prune?filters=${filters(wanted)}`);
    expect([status, (json as { SpaceReclaimed: number }).SpaceReclaimed]).toEqual([200, 0]);
    expect(namesOf((await call(app, "GET /volumes")).json)).toEqual(left);
  });
});
