import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../containers/container-service.ts";
import { createApp } from "./app.ts";
import { call } from "./testing/api-call.ts";
import { fakeImage } from "./testing/fake-images.ts";
import { type FakeServices, fakeServices } from "./testing/fake-services.ts";

const encoded = (value: unknown): string => encodeURIComponent(JSON.stringify(value));
const ARM = encoded({ os: "linux", architecture: "arm64" });
const GUEST = encoded({ os: "linux", architecture: "386" });
const MISMATCH =
  "image with reference nginx was found but its platform (linux/386) does not match the specified platform (linux/arm64)";

function prepared(): { services: FakeServices; app: ReturnType<typeof createApp>; events: EngineEvent[] } {
  const services = fakeServices();
  const events: EngineEvent[] = [];
  services.events.subscribe((event) => events.push(event));
  return { services, app: createApp(services), events };
}

const lines = (text: string): unknown[] =>
  text
    .trim()
    .split("\r\n")
    .map((line) => JSON.parse(line) as unknown);

describe("errors of images and registries", () => {
  it.each<[string, unknown, number, string]>([
    [
      "POST /images/Bad/push?tag=1",
      undefined,
      400,
      "invalid reference format: repository name (library/Bad) must be lowercase",
    ],
    ["POST /images/nginx/push?tag=.x", undefined, 400, "invalid tag format"],
    [`POST /images/nginx@sha256:${"0".repeat(64)}/push`, undefined, 400, "cannot import digest reference"],
    [
      "POST /images/nginx/push?platform=x",
      undefined,
      400,
      "failed to parse platform: invalid character 'x' looking for beginning of value",
    ],
    ["POST /images/nginx/push?platform=%7B%7D", undefined, 400, "both OS and Architecture must be provided"],
    [`POST /images/nginx/push?platform=${ARM}`, undefined, 404, MISMATCH],
    ["POST /images/create?fromImage=nginx&tag=.x", undefined, 400, "invalid tag format"],
    ["POST /images/create?fromImage=nginx&tag=sha256:00", undefined, 400, "invalid tag format"],
    [`GET /images/nginx/json?platform=${ARM}`, undefined, 404, MISMATCH],
    [
      `GET /images/nginx/json?manifests=1&platform=${ARM}`,
      undefined,
      400,
      "conflicting options: manifests and platform options cannot both be set",
    ],
    [`GET /images/nginx/history?platform=${ARM}`, undefined, 404, MISMATCH],
    [
      "DELETE /images/nginx?platforms=x",
      undefined,
      400,
      "failed to parse platform: invalid character 'x' looking for beginning of value",
    ],
    [
      `DELETE /images/nginx?platforms=${GUEST}&platforms=${ARM}`,
      undefined,
      400,
      "multiple platforms are not supported",
    ],
    [
      "POST /images/nginx/tag?repo=Bad",
      undefined,
      400,
      "invalid reference format: repository name (library/Bad) must be lowercase",
    ],
    ["POST /images/nginx/tag?repo=x&tag=.a", undefined, 400, "invalid tag format"],
    [`POST /images/nginx/tag?repo=x@sha256:${"0".repeat(64)}`, undefined, 400, "cannot import digest reference"],
    [
      `GET /images/json?filters=${encoded({ until: ["x"] })}`,
      undefined,
      500,
      'failed to parse value as time or duration: "x"',
    ],
    [
      `GET /images/json?filters=${encoded({ dangling: ["true", "false"] })}`,
      undefined,
      400,
      "invalid filter 'dangling=[true false]'",
    ],
    [
      `POST /images/prune?filters=${encoded({ until: ["1h", "2h"] })}`,
      undefined,
      500,
      "more than one until filter specified",
    ],
    [`POST /images/prune?filters=${encoded({ dangling: ["x"] })}`, undefined, 400, "invalid filter 'dangling=[x]'"],
    ["GET /distribution/nope/json", undefined, 404, "manifest unknown: manifest unknown"],
    [`GET /distribution/${"0".repeat(64)}/json`, undefined, 400, `unknown image reference format: ${"0".repeat(64)}`],
    ["GET /images/search?term=x&limit=101", undefined, 400, "limit 101 is outside the range of [1, 100]"],
    [
      "GET /images/search?term=x&limit=x",
      undefined,
      400,
      'invalid limit specified: strconv.Atoi: parsing "x": invalid syntax',
    ],
    [
      `GET /images/search?filters=${encoded({ stars: ["x"] })}`,
      undefined,
      400,
      "invalid filter 'stars=x': strconv.Atoi: parsing \"x\": invalid syntax",
    ],
    [
      `GET /images/search?filters=${encoded({ "is-official": ["x"] })}`,
      undefined,
      400,
      "invalid filter 'is-official=[x]'",
    ],
    [`GET /images/search?filters=${encoded({ foo: ["x"] })}`, undefined, 400, "invalid filter 'foo'"],
    ["POST /auth", undefined, 500, "EOF"],
    [
      "POST /auth",
      { username: "u", password: "wrong", serveraddress: "r.example" },
      401,
      'Get "https://r.example/v2/": unauthorized: incorrect',
    ],
  ])("%s %o is %d", async (request, body, status, message) => {
    const { app } = prepared();
    expect(await call(app, request, body === undefined ? {} : { json: body })).toMatchObject({
      status,
      json: { message },
    });
  });
});

describe("a push", () => {
  it("streams Docker's lines, ends with what was pushed, and is an event", async () => {
    const { app, events, services } = prepared();
    const { status, text } = await call(app, `POST /images/nginx/push?tag=latest&platform=${GUEST}`);
    expect(status).toBe(200);
    const { digest, size } = (await services.images.resolve("nginx")).manifest;
    expect(lines(text)).toEqual([
      { status: "The push refers to repository [docker.io/library/nginx]" },
      { status: "Preparing", progressDetail: {}, id: "321132113211" },
      {
        status: "Pushing",
        progressDetail: { current: 512, total: 131 },
        progress: "[==================================================>]     512B",
        id: "321132113211",
      },
      { status: "Pushed", progressDetail: {}, id: "321132113211" },
      { status: `latest: digest: ${digest} size: ${size}` },
      { progressDetail: {}, aux: { Tag: "latest", Digest: digest, Size: size } },
    ]);
    expect(events).toMatchObject([
      { type: "image", action: "push", id: "nginx:latest", attributes: { name: "nginx" } },
    ]);
  });

  it("that fails ends its stream with the error, and is no event", async () => {
    const { app, events } = prepared();
    const { status, text } = await call(app, "POST /images/nope/push?tag=1");
    expect(status).toBe(200);
    const message = "An image does not exist locally with the tag: nope";
    expect(lines(text).at(-1)).toEqual({ errorDetail: { message }, error: message });
    expect(events).toEqual([]);
  });

  it.each([
    [
      { username: "u", password: "pä" },
      { username: "u", password: "pä" },
    ],
    [{ username: "u", identitytoken: "t" }, { identityToken: "t" }],
    [{ registrytoken: "t" }, { registryToken: "t" }],
    [{}, undefined],
    ["not an object", undefined],
    [undefined, undefined],
  ])("reads X-Registry-Auth %j", async (value, auth) => {
    const { app, services } = prepared();
    const header = value === undefined ? "!!!" : Buffer.from(JSON.stringify(value)).toString("base64url");
    await call(app, "POST /images/nginx/push?tag=latest", { headers: { "x-registry-auth": header } });
    expect(services.images.pushes[0]?.options.auth).toEqual(auth);
  });
});

describe("registries", () => {
  it("that were configured are in the engine's information", async () => {
    const services = fakeServices();
    const system = {
      ...services.system,
      registryMirrors: ["http://127.0.0.1:5000"],
      insecureRegistries: ["r.example:5000", "10.0.0.0/8"],
    };
    expect(await call(createApp({ ...services, system }), "GET /info")).toMatchObject({
      json: {
        RegistryConfig: {
          IndexConfigs: {
            "docker.io": { Mirrors: ["http://127.0.0.1:5000/"], Name: "docker.io", Official: true, Secure: true },
            "r.example:5000": { Mirrors: [], Name: "r.example:5000", Official: false, Secure: false },
          },
          InsecureRegistryCIDRs: ["10.0.0.0/8", "::1/128", "127.0.0.0/8"],
          Mirrors: ["http://127.0.0.1:5000/"],
        },
      },
    });
  });

  it("are searched, official images and stars chosen", async () => {
    const { app } = prepared();
    const official = {
      star_count: 0,
      is_official: true,
      name: "nginx",
      is_automated: false,
      description: "a web server",
    };
    const mine = { star_count: 12, is_official: false, name: "me/nginx", is_automated: false, description: "mine" };
    const search = async (query: string) => (await call(app, `GET /images/search?term=nginx${query}`)).json;
    expect(await search("")).toEqual([official, mine]);
    expect(await search("&limit=1")).toEqual([official]);
    expect(await search(`&filters=${encoded({ "is-official": ["true"] })}`)).toEqual([official]);
    expect(await search(`&filters=${encoded({ stars: ["10"] })}`)).toEqual([mine]);
    expect(await search(`&filters=${encoded({ "is-automated": ["true"] })}`)).toEqual([]);
  });

  it("are asked about an image, and whether they know somebody", async () => {
    const { app } = prepared();
    expect(await call(app, "GET /distribution/alpine/json")).toMatchObject({
      json: { Descriptor: { size: 500 }, Platforms: [{ architecture: "386", os: "linux" }] },
    });
    expect(await call(app, "POST /auth", { json: { username: "u", password: "pw" } })).toMatchObject({
      status: 200,
      json: { IdentityToken: "", Status: "Login Succeeded" },
    });
  });
});

describe("events of images", () => {
  it("carry names, ids and labels as Docker's do", async () => {
    const services = fakeServices();
    await services.images.tag("nginx", "mine:1");
    const labelled = { ...services, images: services.images };
    const app = createApp(labelled);
    const events: EngineEvent[] = [];
    services.events.subscribe((event) => events.push(event));
    const { id } = fakeImage("nginx", "321");
    await call(app, "POST /images/create?fromImage=alpine&tag=latest");
    await call(app, "POST /images/nginx/tag?repo=docker.io%2Flibrary%2Fmine&tag=2");
    await call(app, "DELETE /images/mine:1");
    await call(app, "DELETE /images/mine:2");
    await call(app, "DELETE /images/nginx");
    await call(app, "POST /images/prune");
    expect(events.map((event) => [event.action, event.id, event.attributes])).toEqual([
      ["pull", "alpine:latest", { name: "alpine" }],
      ["tag", id, { name: "mine:2" }],
      ["untag", id, { name: id }],
      ["untag", id, { name: id }],
      ["untag", id, { name: id }],
      ["delete", id, { name: id }],
      ["prune", "", { reclaimed: "0" }],
    ]);
  });

  it("are none for a tag that is not asked for", async () => {
    const { app, events } = prepared();
    expect(await call(app, "POST /images/nginx/tag?repo=")).toMatchObject({ status: 200, text: "" });
    expect(events).toEqual([]);
  });
});

describe("images", () => {
  it("are told to older clients with the fields of their time", async () => {
    const { app } = prepared();
    const [list] = (await call(app, "GET /v1.43/images/json")).json as { VirtualSize?: number; Size: number }[];
    expect(list?.VirtualSize).toBe(list?.Size);
    const old = (await call(app, "GET /v1.43/images/nginx/json")).json;
    expect(old).toMatchObject({
      VirtualSize: 5_211_230,
      ContainerConfig: { Cmd: null },
      Config: { Tty: false, Cmd: ["sleep", "1000"] },
    });
    const now = (await call(app, "GET /images/nginx/json")).json as { Config: object };
    expect(Object.keys(now)).not.toContain("ContainerConfig");
    expect(Object.keys(now.Config)).not.toContain("Tty");
  });

  it("have a history that names the images they were made of here", async () => {
    const { app, services } = prepared();
    const nginx = await services.images.resolve("nginx");
    const parent = await services.images.resolve("busybox");
    const resolve = services.images.resolve.bind(services.images);
    services.images.resolve = async (name) =>
      name === "nginx" ? { ...nginx, repoTags: [], parent: parent.id } : await resolve(name);
    expect(await call(app, "GET /images/nginx/history")).toMatchObject({
      json: [
        { Id: nginx.id, Tags: null },
        { Id: parent.id, Tags: ["busybox:latest"] },
        { Id: "<missing>", Tags: null },
      ],
    });
  });

  it.each([
    [{ reference: ["bus[a-c]box"] }, []],
    [{ reference: ["bus[a-y]box"] }, ["busybox:latest"]],
    [{ reference: ["n?inx", "busybox:latest"] }, ["busybox:latest", "nginx:latest"]],
    [{ until: ["2026-11-21T02:00:05Z"] }, ["busybox:latest"]],
    [{ dangling: ["false"] }, ["busybox:latest", "nginx:latest"]],
  ])("are chosen by %j", async (filters, names) => {
    const { app } = prepared();
    const { json } = await call(app, `GET /images/json?filters=${encoded(filters)}`);
    expect((json as { RepoTags: string[] }[]).flatMap(({ RepoTags }) => RepoTags).toSorted()).toEqual(names);
  });

  it("tell their shared size to those who ask, and clients of before 1.41 filter by name their own way", async () => {
    const { app } = prepared();
    const sizes = async (query: string) =>
      ((await call(app, `GET ${query}`)).json as { SharedSize: number }[]).map(({ SharedSize }) => SharedSize);
    expect(await sizes("/images/json")).toEqual([-1, -1]);
    expect(await sizes("/images/json?shared-size=1")).toEqual([0, 0]);
    expect(await sizes("/v1.40/images/json?filter=nginx")).toHaveLength(1);
  });
});
