import { describe, expect, it } from "vitest";
import { createApp } from "./app.ts";
import { call } from "./testing/api-call.ts";
import { fakeId } from "./testing/fake-records.ts";
import { fakeServices, type FakeServices } from "./testing/fake-services.ts";

const WEB = fakeId(1);
const SLEEP = { Image: "busybox", Cmd: ["sleep", "1000"] };

/** A running container `web`, and one `old` that has ended. */
async function prepared(): Promise<{ services: FakeServices; app: ReturnType<typeof createApp> }> {
  const services = fakeServices();
  const app = createApp(services);
  const host = { PortBindings: { "80/tcp": [{ HostPort: "8080" }] }, Binds: ["data:/data", "/etc:/host:ro"] };
  await call(app, "POST /containers/create?name=web", {
    json: { ...SLEEP, ExposedPorts: { "80/tcp": {}, "99/tcp": {} }, Labels: { tier: "front" }, HostConfig: host },
  });
  await call(app, "POST /containers/web/start");
  services.clock.advance(2000);
  await call(app, "POST /containers/create?name=old", { json: { Image: "busybox", Cmd: ["exit", "3"] } });
  await call(app, "POST /containers/old/start");
  await services.containers.wait("old", "not-running");
  services.clock.advance(180_000);
  return { services, app };
}

describe("every answer", () => {
  it("has Docker's headers", async () => {
    const { headers } = await call(createApp(fakeServices()), "GET /version");
    expect(Object.fromEntries(headers)).toMatchObject({
      "api-version": "1.50",
      "docker-experimental": "false",
      ostype: "linux",
      server: "Docker/28.2.2 (linux)",
      "content-type": "application/json",
    });
  });

  it("to a ping says that nothing is to be kept", async () => {
    const app = createApp(fakeServices());
    const got = await call(app, "GET /_ping");
    expect(got).toMatchObject({ status: 200, text: "OK" });
    expect(got.headers.get("cache-control")).toBe("no-cache, no-store, must-revalidate");
    const head = await call(app, "HEAD /_ping");
    expect(head).toMatchObject({ status: 200, text: "" });
    expect(head.headers.get("content-length")).toBe("0");
    expect(head.headers.get("builder-version")).toBe("1");
  });
});

describe("errors", () => {
  it.each<[string, unknown, number, string]>([
    ["GET /containers/nope/json", undefined, 404, "No such container: nope"],
    ["POST /containers/nope/start", undefined, 404, "No such container: nope"],
    ["POST /containers/nope/wait", undefined, 404, "No such container: nope"],
    ["GET /containers/nope/logs?stdout=1", undefined, 404, "No such container: nope"],
    ["GET /containers/web/logs", undefined, 400, "Bad parameters: you must choose at least one stream"],
    ["POST /containers/web/wait?condition=x", undefined, 400, 'invalid condition: "x"'],
    ["POST /containers/web/resize?h=x&w=1", undefined, 400, 'invalid resize height "x": invalid syntax'],
    ["POST /containers/web/resize?w=1", undefined, 400, 'invalid resize height "": invalid syntax'],
    [
      "DELETE /containers/web",
      undefined,
      409,
      'cannot remove container "web": container is running: stop the container before removing or force remove',
    ],
    [
      "POST /containers/create?name=web",
      SLEEP,
      409,
      `Conflict. The container name "/web" is already in use by container "${WEB}". You have to remove (or rename) that container to be able to reuse that name.`,
    ],
    ["POST /containers/create", { Image: "nope" }, 404, "No such image: nope:latest"],
    ["POST /containers/create", undefined, 400, "invalid JSON: got EOF while reading request body"],
    [
      "POST /containers/old/kill?signal=HUP",
      undefined,
      409,
      `cannot kill container: old: container ${fakeId(2)} is not running`,
    ],
    ["POST /containers/old/exec", { Cmd: ["ls"] }, 409, `container ${fakeId(2)} is not running`],
    ["POST /containers/web/exec", { Cmd: [] }, 400, "No exec command specified"],
    ["GET /exec/nope/json", undefined, 404, "No such exec instance: nope"],
    ["GET /containers/json?filters=x", undefined, 400, "invalid filter"],
    ["GET /containers/json?filters=%7B%22foo%22%3A%7B%22x%22%3Atrue%7D%7D", undefined, 400, "invalid filter 'foo'"],
    [
      "GET /containers/json?filters=%7B%22status%22%3A%5B%22foo%22%5D%7D",
      undefined,
      400,
      "invalid filter 'status=foo': invalid value for state (foo): must be one of created, running, paused, restarting, removing, exited, dead",
    ],
    [
      "GET /containers/json?filters=%7B%22exited%22%3A%5B%22x%22%5D%7D",
      undefined,
      400,
      "invalid filter 'exited=x': strconv.Atoi: parsing \"x\": invalid syntax",
    ],
    ["GET /containers/json?filters=%7B%22since%22%3A%5B%22nope%22%5D%7D", undefined, 404, "No such container: nope"],
    ["GET /images/nope/json", undefined, 404, "No such image: nope:latest"],
    [
      "DELETE /images/busybox",
      undefined,
      409,
      `conflict: unable to remove repository reference "busybox" (must force) - container ${fakeId(2).slice(0, 12)} is using its referenced image 6da06da06da0`,
    ],
    [
      "POST /images/create?fromImage=nope&tag=1",
      undefined,
      404,
      "pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    ],
    ["POST /images/create?fromSrc=-", undefined, 501, "archives of images are not implemented here"],
    ["GET /networks/nope", undefined, 404, "network nope not found"],
    ["GET /volumes/nope", undefined, 404, "get nope: no such volume"],
    ["GET /plugins/nope/json", undefined, 404, 'plugin "nope" not found'],
    ["GET /events?since=yesterday", undefined, 500, 'strconv.ParseInt: parsing "yesterday": invalid syntax'],
    ["GET /containers/json?limit=x", undefined, 500, 'strconv.Atoi: parsing "x": invalid syntax'],
    ["GET /images/json?filters=%7B%22reference%22%3A%5B%22%5B%22%5D%7D", undefined, 500, "syntax error in pattern"],
    ["POST /containers/web/rename", undefined, 400, "Neither old nor new names may be empty"],
  ])("%s %o is %d", async (request, body, status, message) => {
    const { app } = await prepared();
    expect(await call(app, request, body === undefined ? {} : { json: body })).toMatchObject({
      status,
      json: { message },
    });
  });

  it("of what is already so are an empty 304", async () => {
    const { app } = await prepared();
    expect(await call(app, "POST /containers/web/start")).toMatchObject({ status: 304, text: "" });
    expect(await call(app, "POST /containers/old/stop")).toMatchObject({ status: 304, text: "" });
  });

  it("that are bugs are a 500 with the message", async () => {
    const services = fakeServices();
    services.containers.get = () => {
      throw new TypeError("oops");
    };
    expect(await call(createApp(services), "GET /containers/x/json")).toMatchObject({
      status: 500,
      json: { message: "oops" },
    });
  });

  it("of a registry in the middle of a pull end the stream", async () => {
    const services = fakeServices();
    services.images.pull = async function* () {
      yield { kind: "status", status: "Pulling from library/x", id: "1" };
      throw new Error("unexpected EOF");
    };
    const { status, text } = await call(createApp(services), "POST /images/create?fromImage=x&tag=1");
    expect(status).toBe(200);
    expect(text).toBe(
      '{"status":"Pulling from library/x","id":"1"}\r\n{"errorDetail":{"message":"unexpected EOF"},"error":"unexpected EOF"}\r\n',
    );
  });
});

describe("containers", () => {
  it.each<[string, number, string]>([
    ["POST /containers/web/pause", 204, "paused"],
    ["POST /containers/web/stop?t=1", 204, "exited"],
    ["POST /containers/web/restart?t=1", 204, "running"],
    ["POST /containers/web/kill?signal=TERM", 204, "exited"],
    ["POST /containers/old/start", 204, "exited"],
  ])("%s answers %d", async (request, status, state) => {
    const { app, services } = await prepared();
    expect(await call(app, request)).toMatchObject({ status, text: "" });
    expect(services.containers.get(request.split("/")[2] as string).state.status).toBe(state);
  });

  it("are renamed and removed", async () => {
    const { app } = await prepared();
    expect(await call(app, "POST /containers/old/rename?name=older")).toMatchObject({ status: 204 });
    expect(await call(app, "DELETE /containers/older?v=1")).toMatchObject({ status: 204, text: "" });
    expect(await call(app, "DELETE /containers/web?force=1")).toMatchObject({ status: 204 });
    expect(await call(app, "GET /containers/json?all=1")).toMatchObject({ json: [] });
  });

  it("are listed with their status, ports and mounts", async () => {
    const { app } = await prepared();
    const { json } = await call(app, "GET /containers/json");
    expect(json).toMatchObject([
      {
        Id: WEB,
        Names: ["/web"],
        Image: "busybox",
        Command: "sleep 1000",
        State: "running",
        Status: "Up 3 minutes",
        Ports: [
          { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
          { IP: "::", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
          { PrivatePort: 99, Type: "tcp" },
        ],
        Labels: { tier: "front" },
        HostConfig: { NetworkMode: "bridge" },
        NetworkSettings: { Networks: { bridge: { IPAddress: "172.17.0.2" } } },
        Mounts: [
          { Type: "volume", Name: "data", Destination: "/data", Driver: "local", RW: true },
          { Type: "bind", Source: "/etc", Destination: "/host", Mode: "ro", RW: false, Propagation: "rprivate" },
        ],
      },
    ]);
    expect(Object.keys((json as object[])[0] as object)).not.toContain("SizeRw");
  });

  it.each<[string, string[]]>([
    ["all=1", ["old", "web"]],
    ["limit=1", ["old"]],
    ['filters={"status":["exited"]}', ["old"]],
    ['all=1&filters={"exited":["3"]}', ["old"]],
    ['all=1&filters={"exited":["0"]}', []],
    ['all=1&filters={"name":["^ol"]}', ["old"]],
    ['all=1&filters={"label":["tier=front"]}', ["web"]],
    [`all=1&filters={"id":["${WEB.slice(0, 12)}"]}`, ["web"]],
    ['all=1&filters={"ancestor":["busybox"]}', ["old", "web"]],
    ['all=1&filters={"ancestor":["nginx"]}', []],
    ['all=1&filters={"ancestor":["nope"]}', []],
    ['all=1&filters={"before":["old"]}', ["web"]],
    ['all=1&filters={"since":["web"]}', ["old"]],
    ['all=1&filters={"publish":["80"]}', ["web"]],
    ['all=1&filters={"publish":["81-90/tcp"]}', []],
    ['all=1&filters={"expose":["99/tcp"]}', ["web"]],
    ['all=1&filters={"volume":["data"]}', ["web"]],
    ['all=1&filters={"volume":["/data"]}', ["web"]],
    ['all=1&filters={"network":["bridge"]}', ["old", "web"]],
    ['all=1&filters={"health":["healthy"]}', []],
    ['all=1&filters={"is-task":["true"]}', []],
  ])("are chosen by %s", async (query, names) => {
    const { app } = await prepared();
    const { json } = await call(app, `GET /containers/json?${query.replace(/(?<==)\{.*/, encodeURIComponent)}`);
    expect((json as { Names: string[] }[]).map(({ Names }) => Names[0])).toEqual(names.map((name) => `/${name}`));
  });

  it("have sizes when they are asked for", async () => {
    const { app } = await prepared();
    expect(await call(app, "GET /containers/json?size=1")).toMatchObject({
      json: [{ SizeRootFs: 2_065_472 }],
    });
  });

  it("show the id of an image whose name points elsewhere now", async () => {
    const { app } = await prepared();
    await call(app, "POST /images/nginx/tag?repo=busybox&tag=latest");
    expect(await call(app, "GET /containers/json")).toMatchObject({
      json: [{ Image: expect.stringMatching(/^sha256:6da0/) as string }],
    });
  });

  it("are inspected by id prefix too", async () => {
    const { app } = await prepared();
    const { json } = await call(app, `GET /containers/${WEB.slice(0, 12)}/json`);
    expect(json).toMatchObject({
      Id: WEB,
      Name: "/web",
      Path: "sleep",
      Args: ["1000"],
      State: { Status: "running", Running: true, ExitCode: 0, FinishedAt: "0001-01-01T00:00:00Z" },
      HostConfig: {
        NetworkMode: "bridge",
        PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] },
        RestartPolicy: { Name: "no" },
      },
      Config: {
        Hostname: WEB.slice(0, 12),
        Image: "busybox",
        ExposedPorts: { "80/tcp": {}, "99/tcp": {} },
        Entrypoint: null,
      },
      NetworkSettings: {
        IPAddress: "172.17.0.2",
        Ports: {
          "80/tcp": [
            { HostIp: "0.0.0.0", HostPort: "8080" },
            { HostIp: "::", HostPort: "8080" },
          ],
          "99/tcp": null,
        },
      },
    });
    expect(await call(app, "GET /containers/old/json")).toMatchObject({
      json: { State: { Status: "exited", Running: false, ExitCode: 3 }, NetworkSettings: { IPAddress: "", Ports: {} } },
    });
  });

  it("that do not run are pruned", async () => {
    const { app } = await prepared();
    expect(await call(app, "POST /containers/prune?filters=%7B%22label%22%3A%5B%22nope%22%5D%7D")).toMatchObject({
      json: { ContainersDeleted: null, SpaceReclaimed: 0 },
    });
    expect(await call(app, "POST /containers/prune")).toMatchObject({ json: { ContainersDeleted: [fakeId(2)] } });
  });

  it("show their processes where the engine can tell", async () => {
    const { app, services } = await prepared();
    expect(await call(app, "GET /containers/web/top")).toMatchObject({ json: { Titles: ["PID", "USER", "COMMAND"] } });
    const { top: _, ...without } = services;
    expect(await call(createApp(without), "GET /containers/web/top")).toMatchObject({ status: 501 });
  });
});

describe("images", () => {
  it("are listed newest first", async () => {
    const { app } = await prepared();
    expect(await call(app, "GET /images/json")).toMatchObject({
      json: [
        { RepoTags: ["nginx:latest"], Created: 1_795_226_405, Size: 5_211_230, Containers: -1, SharedSize: -1 },
        { RepoTags: ["busybox:latest"], ParentId: "" },
      ],
    });
  });

  it.each<[string, string[]]>([
    ['{"reference":["busy*"]}', ["busybox:latest"]],
    ['{"reference":["*:latest"]}', ["nginx:latest", "busybox:latest"]],
    ['{"reference":["foo"]}', []],
    ['{"before":["nginx"]}', ["busybox:latest"]],
    ['{"since":["busybox"]}', ["nginx:latest"]],
    ['{"dangling":["true"]}', []],
    ['{"label":["a"]}', []],
  ])("are chosen by %s", async (filters, names) => {
    const { app } = await prepared();
    const { json } = await call(app, `GET /images/json?filters=${encodeURIComponent(filters)}`);
    expect((json as { RepoTags: string[] }[]).flatMap(({ RepoTags }) => RepoTags)).toEqual(names);
  });

  it("are pulled, with a line per step", async () => {
    const { app, services } = await prepared();
    const { status, headers, text } = await call(
      app,
      "POST /images/create?fromImage=docker.io%2Flibrary%2Falpine&tag=latest",
      {
        headers: { "x-registry-auth": "e30=" },
      },
    );
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    const lines = text
      .split("\r\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { status: string });
    expect(lines.map((line) => line.status)).toEqual([
      "Pulling from library/alpine",
      "Pulling fs layer",
      "Downloading",
      "Download complete",
      "Extracting",
      "Pull complete",
      expect.stringMatching(/^Digest: sha256:/),
      "Status: Downloaded newer image for alpine:latest",
    ]);
    expect(services.images.pulls).toEqual(["alpine:latest"]);
  });

  it("are tagged, untagged and removed", async () => {
    const { app } = await prepared();
    expect(await call(app, "POST /images/nginx/tag?repo=docker.io%2Flibrary%2Fmine&tag=1")).toMatchObject({
      status: 201,
      text: "",
    });
    expect(await call(app, "DELETE /images/mine:1")).toMatchObject({ status: 200, json: [{ Untagged: "mine:1" }] });
    expect(await call(app, "DELETE /images/nginx")).toMatchObject({
      json: [
        { Untagged: "nginx:latest" },
        { Untagged: expect.stringMatching(/^nginx@/) as string },
        { Deleted: expect.any(String) as string },
        {},
        {},
      ],
    });
  });

  it("are inspected, with their history", async () => {
    const { app } = await prepared();
    expect(await call(app, "GET /images/nginx/json")).toMatchObject({
      json: {
        RepoTags: ["nginx:latest"],
        Os: "linux",
        Architecture: "386",
        RootFS: { Type: "layers" },
        Config: { Cmd: ["sleep", "1000"], Entrypoint: null },
      },
    });
    expect(await call(app, "GET /images/nginx/history")).toMatchObject({
      json: [
        { CreatedBy: "/bin/sh -c echo two > /two", Size: 4, Tags: ["nginx:latest"] },
        { Id: "<missing>", Size: 0, Tags: null },
        { Comment: "Imported from -", Size: 4 },
      ],
    });
  });

  it("without use are pruned", async () => {
    const { app } = await prepared();
    expect(await call(app, "POST /images/prune")).toMatchObject({ json: { ImagesDeleted: null, SpaceReclaimed: 0 } });
    expect(await call(app, "POST /images/prune?filters=%7B%22dangling%22%3A%5B%22false%22%5D%7D")).toMatchObject({
      json: { ImagesDeleted: [{ Untagged: "nginx:latest" }, {}, {}, {}, {}], SpaceReclaimed: 4 },
    });
  });
});

describe("the engine", () => {
  it("tells its version and what it has", async () => {
    const { app } = await prepared();
    expect(await call(app, "GET /version")).toMatchObject({
      json: {
        ApiVersion: "1.50",
        MinAPIVersion: "1.24",
        Version: "28.2.2",
        Os: "linux",
        Arch: "386",
        KernelVersion: "6.12.57",
      },
    });
    expect(await call(app, "GET /info")).toMatchObject({
      json: {
        Containers: 2,
        ContainersRunning: 1,
        ContainersStopped: 1,
        Images: 2,
        NCPU: 1,
        MemTotal: 268_435_456,
        Swarm: { LocalNodeState: "inactive" },
      },
    });
  });

  it("has networks, no plugins, and no swarm", async () => {
    const { app } = await prepared();
    expect(await call(app, "GET /networks/bridge")).toMatchObject({ json: { Name: "bridge", Driver: "bridge" } });
    expect(await call(app, "GET /plugins")).toMatchObject({ json: [] });
    expect(await call(app, "GET /nodes")).toMatchObject({
      status: 503,
      json: { message: expect.stringMatching(/not a swarm manager/) as string },
    });
  });
});
