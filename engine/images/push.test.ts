import { describe, expect, it } from "vitest";
import { decodeUtf8, encodeUtf8, streamOf } from "../base/streams.ts";
import { digestOf } from "../oci/digest.ts";
import { DOCKER_LAYER, DOCKER_MANIFEST, OCI_LAYER } from "../oci/media-types.ts";
import { parseReference } from "../oci/reference.ts";
import type { Images, ImagesPorts } from "./images.ts";
import type { PushEvent, PushOptions } from "./image-service.ts";
import { putImage, tarOf } from "./testing/image-fixture.ts";
import { faultsFor, RegistryDouble, type RegistryDoubleOptions } from "./testing/registry-double.ts";
import { pull, type World, world } from "./testing/pull-world.ts";

const TARGET = "http://127.0.0.1:5000/";

interface PushWorld extends World {
  /** What is pushed to: `127.0.0.1:5000`. */
  readonly target: RegistryDouble;
}

/** docker.io on the page, and an empty registry on a loopback address. */
function pushWorld(options: RegistryDoubleOptions = {}, ports: Partial<ImagesPorts> = {}): PushWorld {
  const target = new RegistryDouble({ baseUrl: TARGET, ...options });
  const source = new RegistryDouble();
  const fetch: ImagesPorts["fetch"] = (url, init) => (url.startsWith("v2/") ? source : target).fetch(url, init);
  return { ...world({}, { fetch, ...ports }), registry: source, target };
}

async function push(images: Images, name: string, options: PushOptions = {}): Promise<PushEvent[]> {
  const events: PushEvent[] = [];
  for await (const event of images.push(name, options)) events.push(event);
  return events;
}

const lines = (events: readonly PushEvent[]): string[] =>
  events.flatMap((event) =>
    event.kind === "status" ? [event.id === undefined ? event.status : `${event.id}: ${event.status}`] : [],
  );

/** An image of plain layers, as a commit or an import makes it. */
async function made({ images, layers }: World, names: readonly string[], ...texts: string[]) {
  const tars = await Promise.all(texts.map((text, index) => tarOf(`file${index}`, text)));
  const diffIds = await Promise.all(tars.map((tar) => digestOf(tar)));
  for (const [index, tar] of tars.entries())
    await layers.unpack(diffIds[index]!, new Blob([tar as Uint8Array<ArrayBuffer>]).stream());
  const config = { os: "linux", architecture: "386", rootfs: { type: "layers", diff_ids: diffIds } };
  return await images.create(
    encodeUtf8(JSON.stringify(config)),
    tars.map((tar, index) => ({ mediaType: OCI_LAYER, digest: diffIds[index]!, size: tar.length })),
    names.map((name) => parseReference(name)),
  );
}

const short = (digest: string): string => digest.slice(7, 19);

describe("a push", () => {
  it("of an image that was made here compresses its layers, and what comes back is the same image", async () => {
    const w = pushWorld();
    const image = await made(w, ["127.0.0.1:5000/a/img:1"], "one", "two");
    const events = await push(w.images, "127.0.0.1:5000/a/img:1");
    const [low, top] = image.layers.map(short);
    const told = lines(events);
    expect(told.slice(0, 3)).toEqual([
      "The push refers to repository [127.0.0.1:5000/a/img]",
      `${top}: Preparing`,
      `${low}: Preparing`,
    ]);
    expect(told.slice(3, 5).toSorted()).toEqual([`${low}: Pushed`, `${top}: Pushed`].toSorted());
    const done = events.at(-1);
    if (done?.kind !== "pushed") throw new Error("no end");
    expect(told.at(-1)).toBe(`1: digest: ${done.digest} size: ${done.sizeBytes}`);
    expect((await w.images.resolve("127.0.0.1:5000/a/img:1")).repoDigests).toEqual([
      `127.0.0.1:5000/a/img@${done.digest}`,
    ]);

    const other = world({}, { fetch: w.target.fetch });
    await pull(other.images, "127.0.0.1:5000/a/img:1");
    const back = await other.images.resolve("127.0.0.1:5000/a/img:1");
    expect([back.id, back.layers, back.manifest.digest]).toEqual([image.id, image.layers, done.digest]);
    const text = decodeUtf8(await other.images.document(done.digest));
    expect(text).toContain(`{\n   "schemaVersion": 2,\n   "mediaType": "${DOCKER_MANIFEST}",\n   "config": {\n`);
    expect((JSON.parse(text) as { layers: { mediaType: string }[] }).layers[0]?.mediaType).toBe(DOCKER_LAYER);
  });

  it("tells how far it is in bytes of the tar", async () => {
    const w = pushWorld();
    await made(w, ["127.0.0.1:5000/img:1"], "x".repeat(5000));
    const progress = (await push(w.images, "127.0.0.1:5000/img:1")).filter(({ kind }) => kind === "progress");
    expect(progress.at(-1)).toMatchObject({ status: "Pushing", totalBytes: 5000 });
  });

  it("of a pulled image sends the bytes that came, so that every digest stays", async () => {
    const w = pushWorld();
    const fixture = await putImage(w.registry, {
      layers: [{ tar: await tarOf("a", "1") }, { tar: await tarOf("b", "2") }],
    });
    await pull(w.images);
    await w.images.tag("x", "127.0.0.1:5000/copy:9");
    const events = await push(w.images, "127.0.0.1:5000/copy:9");
    expect(events.at(-1)).toMatchObject({ kind: "pushed", tag: "9", digest: fixture.manifestDigest });
    for (const digest of fixture.layerDigests) expect(w.target.count(digest)).toBeGreaterThan(0);
  });

  it("sends nothing twice, and takes from another repository of the registry what is there", async () => {
    const w = pushWorld();
    const image = await made(w, ["127.0.0.1:5000/img:1", "127.0.0.1:5000/other:1"], "one");
    const id = short(image.layers[0]!);
    await push(w.images, "127.0.0.1:5000/img:1");
    const writes = (): number => w.target.requests.filter(({ method }) => method === "PATCH").length;
    const before = writes();
    expect(lines(await push(w.reload(), "127.0.0.1:5000/img:1"))).toContain(`${id}: Layer already exists`);
    expect(writes()).toBe(before);
    expect(lines(await push(w.images, "127.0.0.1:5000/other:1"))).toContain(`${id}: Mounted from img`);
    // The config is no layer: it was sent.
    expect(writes()).toBe(before + 1);
  });

  it("sends a layer that the registry has lost, or does not mount", async () => {
    const w = pushWorld();
    const image = await made(w, ["127.0.0.1:5000/img:1", "127.0.0.1:5000/other:1"], "one");
    const id = short(image.layers[0]!);
    await push(w.images, "127.0.0.1:5000/img:1");
    w.target.fault = ({ path }) => (path.includes("mount=") ? { kind: "status", status: 403 } : undefined);
    expect(lines(await push(w.images, "127.0.0.1:5000/other:1"))).toContain(`${id}: Pushed`);
  });

  it("makes anew what the store has let rot", async () => {
    const w = pushWorld();
    const fixture = await putImage(w.registry, { layers: [{ tar: await tarOf("a", "1") }] });
    await pull(w.images);
    await w.images.tag("x", "127.0.0.1:5000/img:1");
    const open = w.blobs.open.bind(w.blobs);
    const rotten = fixture.layerDigests[0];
    w.blobs.open = async (digest, range) =>
      digest === rotten ? streamOf(encodeUtf8("rot")) : await open(digest, range);
    const told = lines(await push(w.images, "127.0.0.1:5000/img:1"));
    expect(told.at(-1)).toMatch(/^1: digest: sha256:/);
    const other = world({}, { fetch: w.target.fetch });
    await pull(other.images, "127.0.0.1:5000/img:1");
    expect((await other.images.resolve("127.0.0.1:5000/img:1")).id).toBe(fixture.id);
  });

  it("without a tag is one of all tags", async () => {
    const w = pushWorld();
    await made(w, ["127.0.0.1:5000/img:b", "127.0.0.1:5000/img:a", "127.0.0.1:5000/more:c"], "one");
    const tags = (await push(w.images, "127.0.0.1:5000/img")).flatMap((event) =>
      event.kind === "pushed" ? [event.tag] : [],
    );
    expect(tags).toEqual(["a", "b"]);
  });

  it("at the same time as another of the same image succeeds like it", async () => {
    const w = pushWorld();
    await made(w, ["127.0.0.1:5000/img:1", "127.0.0.1:5000/img:2"], "one", "two", "three");
    const [one, two] = await Promise.all([
      push(w.images, "127.0.0.1:5000/img:1"),
      push(w.images, "127.0.0.1:5000/img:2"),
    ]);
    expect(one.at(-1)).toMatchObject({ kind: "pushed", tag: "1" });
    expect(two.at(-1)).toMatchObject({ kind: "pushed", tag: "2" });
  });

  it("with more layers than there are slots lets the others wait", async () => {
    const w = pushWorld({}, { parallelUploads: 1 });
    await made(w, ["127.0.0.1:5000/img:1"], "one", "two");
    expect(
      lines(await push(w.images, "127.0.0.1:5000/img:1")).filter((line) => line.endsWith(": Waiting")),
    ).toHaveLength(1);
  });
});

describe("a push that fails", () => {
  it.each([
    ["127.0.0.1:5000/nope:1", "An image does not exist locally with the tag: 127.0.0.1:5000/nope"],
    ["127.0.0.1:5000/img:2", "tag does not exist: 127.0.0.1:5000/img:2"],
    ["nope", "An image does not exist locally with the tag: nope"],
  ])("of %s says so after its first line", async (name, message) => {
    const w = pushWorld();
    await made(w, ["127.0.0.1:5000/img:1"], "one");
    const iterator = w.images.push(name)[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: { kind: "status" } });
    await expect(iterator.next()).rejects.toThrow(message);
  });

  it.each([
    [undefined, "no basic auth credentials"],
    [{ username: "u", password: "no" }, "unauthorized: authentication required"],
  ] as const)("for want of credentials %j: %s", async (auth, message) => {
    const w = pushWorld({ basic: "u:pw" });
    await made(w, ["127.0.0.1:5000/img:1"], "one");
    await expect(push(w.images, "127.0.0.1:5000/img:1", auth ? { auth } : {})).rejects.toMatchObject({ message });
    await push(w.images, "127.0.0.1:5000/img:1", { auth: { username: "u", password: "pw" } });
  });

  it("asks for a token that may write", async () => {
    const realm = "https://auth.example/token";
    const w = pushWorld({ token: { realm, password: "u:pw" } });
    await made(w, ["127.0.0.1:5000/img:1"], "one");
    await push(w.images, "127.0.0.1:5000/img:1", { auth: { username: "u", password: "pw" } });
    const asked = w.target.requests.filter(({ path }) => path === "token").map(({ url }) => new URL(url).searchParams);
    expect(asked.map((query) => query.get("scope"))).toEqual(["repository:img:push,pull"]);
    await expect(push(w.images, "127.0.0.1:5000/img:1", { auth: { username: "u", password: "no" } })).rejects.toThrow(
      "unauthorized: incorrect username or password",
    );
  });

  it("because it is not allowed is denied, and not repeated", async () => {
    const w = pushWorld();
    await made(w, ["127.0.0.1:5000/img:1"], "one");
    w.target.fault = ({ method }) => (method === "POST" ? { kind: "status", status: 403, body: "" } : undefined);
    await expect(push(w.images, "127.0.0.1:5000/img:1")).rejects.toThrow(
      "denied: requested access to the resource is denied",
    );
    expect(w.target.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  it("for a moment is tried again", async () => {
    const w = pushWorld();
    const image = await made(w, ["127.0.0.1:5000/img:1"], "one");
    w.target.fault = faultsFor("uploads/1", { kind: "status", status: 500 });
    const told = lines(await push(w.images, "127.0.0.1:5000/img:1"));
    expect(told).toContain(`${short(image.layers[0]!)}: Retrying in 5 seconds`);
    expect(told.at(-1)).toMatch(/^1: digest: /);
  });

  it("when the registry is not there says so in Go's words", async () => {
    const refused = Object.assign(new Error("x"), { code: "ECONNREFUSED", address: "127.0.0.1", port: 5000 });
    const fetch = async (): Promise<Response> => Promise.reject(new TypeError("fetch failed", { cause: refused }));
    const w = pushWorld({}, { fetch });
    await made(w, ["127.0.0.1:5000/img:1"], "one");
    await expect(push(w.images, "127.0.0.1:5000/img:1")).rejects.toThrow(
      'Get "http://127.0.0.1:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused',
    );
  });

  it("because the client went away leaves nothing behind", async () => {
    const w = pushWorld();
    await made(w, ["127.0.0.1:5000/img:1"], "one");
    const gone = new AbortController();
    w.target.fault = ({ method }) => {
      if (method === "PATCH") gone.abort(new Error("gone"));
      return undefined;
    };
    await expect(push(w.images, "127.0.0.1:5000/img:1", { signal: gone.signal })).rejects.toThrow("gone");
    expect(w.target.requests.some(({ method }) => method === "PUT")).toBe(false);
    expect(await w.records.entries("leases/")).toEqual([]);
  });

  it("because the image was removed meanwhile leaves nothing of it", async () => {
    const w = pushWorld();
    const image = await made(w, ["127.0.0.1:5000/img:1"], "one");
    let removal: Promise<unknown> | undefined;
    w.target.fault = () => {
      removal ??= w.images.remove(image.id, { force: true, inUseBy: () => [] });
      return undefined;
    };
    await push(w.images, "127.0.0.1:5000/img:1").catch(() => undefined);
    await removal;
    expect(await w.images.list()).toEqual([]);
    expect(await w.records.entries("")).toEqual([]);
    expect([...w.layers.layers.keys()]).toEqual([]);
  });
});
