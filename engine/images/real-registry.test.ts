/** Against Debian's `docker-registry`, the reference implementation of the protocol. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debianPackage } from "../../scripts/debian-package.mjs";
import { systemClock } from "../base/clock.ts";
import { encodeUtf8 } from "../base/streams.ts";
import type { ClientConnection } from "../http/client.ts";
import { guestFirstFetch } from "../guest-registries.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { digestOf } from "../oci/digest.ts";
import { OCI_LAYER } from "../oci/media-types.ts";
import { parseReference } from "../oci/reference.ts";
import { Images } from "./images.ts";
import type { Image, PushEvent, RegistryCredentials } from "./image-service.ts";
import { createRegistryHosts } from "./registry-hosts.ts";
import type { Fetch } from "./registry-transport.ts";
import { FakeLayerStore } from "./testing/fake-layer-store.ts";
import { tarOf } from "./testing/image-fixture.ts";
import { noise } from "./testing/pull-world.ts";

let missing = "";
const PACKAGE = await debianPackage("docker-registry").catch((error: unknown) => {
  missing = ` (skipped, for Debian's package cannot be had here: ${String(error)})`;
  return undefined;
});
const START_MS = 30_000;
/** `u` with the password `pw`. */
const HTPASSWD = "u:$2b$05$abcdefghijklmnopqrstuuHIrMEWpUCQe2YqFR3sXwQ75u4od..9q\n";
const USER: RegistryCredentials = { username: "u", password: "pw" };

const running: ChildProcess[] = [];
let directory = "";

/** Starts a registry on a free port of its own. @returns its host and port */
async function startRegistry(name: string, options: { htpasswd?: boolean } = {}): Promise<string> {
  const port = await freePort();
  const passwords = join(directory, "htpasswd");
  await writeFile(passwords, HTPASSWD);
  const config = {
    version: "0.1",
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: join(directory, name) }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
    ...(options.htpasswd === true && { auth: { htpasswd: { realm: "test", path: passwords } } }),
  };
  const file = join(directory, `${name}.yml`);
  await writeFile(file, JSON.stringify(config));
  const program = join(PACKAGE ?? "", "usr/bin/docker-registry");
  running.push(spawn(program, ["serve", file], { stdio: "ignore", env: { OTEL_TRACES_EXPORTER: "none" } }));
  for (const deadline = Date.now() + START_MS; Date.now() < deadline; await systemClock.sleep(50)) {
    const isUp = await fetch(`http://127.0.0.1:${port}/v2/`).then(
      () => true,
      () => false,
    );
    if (isUp) return `127.0.0.1:${port}`;
  }
  throw new Error("docker-registry did not start");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const emptyImages = (fetch: Fetch = globalThis.fetch) => {
  const stores = { blobs: new MemoryBlobStore(), layers: new FakeLayerStore(), records: new MemoryRecordStore() };
  const images = new Images({ ...stores, fetch, hosts: createRegistryHosts(), clock: systemClock });
  return { ...stores, images };
};

/** An image of two layers, one of several pieces. */
async function made(world: ReturnType<typeof emptyImages>, name: string): Promise<Image> {
  const tars = [await tarOf("large", noise(1, 3 << 20)), await tarOf("small", "text")];
  const diffIds = await Promise.all(tars.map((tar) => digestOf(tar)));
  for (const [index, tar] of tars.entries())
    await world.layers.unpack(diffIds[index]!, new Blob([tar as Uint8Array<ArrayBuffer>]).stream());
  const config = { os: "linux", architecture: "386", rootfs: { type: "layers", diff_ids: diffIds } };
  const layers = tars.map((tar, index) => ({ mediaType: OCI_LAYER, digest: diffIds[index]!, size: tar.length }));
  return await world.images.create(encodeUtf8(JSON.stringify(config)), layers, [parseReference(name)]);
}

async function push(images: Images, name: string, auth?: RegistryCredentials): Promise<PushEvent[]> {
  const events: PushEvent[] = [];
  for await (const event of images.push(name, auth ? { auth } : {})) events.push(event);
  return events;
}

async function pull(images: Images, name: string, auth?: RegistryCredentials): Promise<void> {
  for await (const _event of images.pull(name, auth ? { auth } : {}));
}

const statuses = (events: readonly PushEvent[]): string[] =>
  events.flatMap((event) => (event.kind === "status" && event.id !== undefined ? [event.status] : []));

describe.skipIf(PACKAGE === undefined)(`docker-registry${missing}`, () => {
  let open = "";
  let guarded = "";

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-registry-"));
    [open, guarded] = await Promise.all([startRegistry("open"), startRegistry("guarded", { htpasswd: true })]);
  }, 2 * START_MS);

  afterAll(async () => {
    for (const child of running) child.kill();
    await rm(directory, { recursive: true, force: true });
  });

  it("takes an image, and gives the same back to an empty store, which can push it on unchanged", async () => {
    const world = emptyImages();
    const image = await made(world, `${open}/img:1`);
    const pushed = (await push(world.images, `${open}/img:1`)).at(-1);
    if (pushed?.kind !== "pushed") throw new Error("no end");

    const other = emptyImages();
    await pull(other.images, `${open}/img:1`);
    const back = await other.images.resolve(`${open}/img:1`);
    expect([back.id, back.layers, back.manifest.digest]).toEqual([image.id, image.layers, pushed.digest]);
    await pull(other.images, `${open}/img@${pushed.digest}`);

    await other.images.tag(`${open}/img:1`, `${guarded}/again:2`);
    expect((await push(other.images, `${guarded}/again:2`, USER)).at(-1)).toMatchObject({ digest: pushed.digest });
  });

  it("knows what it has, mounts from one repository to another, and forgets what is deleted", async () => {
    const world = emptyImages();
    await made(world, `${open}/first:1`);
    await push(world.images, `${open}/first:1`);
    expect(statuses(await push(world.images, `${open}/first:1`))).toContain("Layer already exists");
    await world.images.tag(`${open}/first:1`, `${open}/second:1`);
    const told = await push(world.images, `${open}/second:1`);
    expect(statuses(told).filter((status) => status === "Mounted from first")).toHaveLength(2);
    const end = told.at(-1);
    if (end?.kind !== "pushed") throw new Error("no end");
    const deleted = await fetch(`http://${open}/v2/second/manifests/${end.digest}`, { method: "DELETE" });
    expect(deleted.status).toBe(202);
    await expect(world.images.describeRemote(`${open}/second:1`)).rejects.toThrow("manifest unknown: manifest unknown");
    await expect(pull(emptyImages().images, `${open}/second:1`)).rejects.toThrow(
      `manifest for ${open}/second:1 not found: manifest unknown: manifest unknown`,
    );
  });

  it("gives all tags, and tells about an image without its being pulled", async () => {
    const world = emptyImages();
    await made(world, `${open}/many:a`);
    await world.images.tag(`${open}/many:a`, `${open}/many:b`);
    await push(world.images, `${open}/many`);
    const other = emptyImages();
    await pull(other.images, `${open}/many`);
    const [image] = await other.images.list();
    expect(image?.repoTags).toEqual([`${open}/many:a`, `${open}/many:b`]);
    expect(await other.images.describeRemote(`${open}/many:b`)).toMatchObject({
      descriptor: { digest: image?.manifest.digest },
      platforms: [{ os: "linux", architecture: "386" }],
    });
  });

  it("is spoken to over a bare connection, as when it is in a container", async () => {
    const inside = guestFirstFetch({
      connect: async (host, port) => {
        const socket = connect(port, host);
        await once(socket, "connect");
        return Duplex.toWeb(socket) as unknown as ClientConnection;
      },
      isInside: () => false,
      fetch: () => Promise.reject(new Error("not over the platform's own fetch")),
    });
    const world = emptyImages(inside);
    const image = await made(world, `${guarded}/inside:1`);
    await push(world.images, `${guarded}/inside:1`, USER);
    const other = emptyImages(inside);
    await pull(other.images, `${guarded}/inside:1`, USER);
    expect((await other.images.resolve(`${guarded}/inside:1`)).layers).toEqual(image.layers);
    await expect(push(world.images, `${guarded}/inside:1`)).rejects.toMatchObject({
      message: "no basic auth credentials",
    });
  });

  it("that asks for a password lets in who has it", async () => {
    const world = emptyImages();
    await made(world, `${guarded}/img:1`);
    await expect(push(world.images, `${guarded}/img:1`)).rejects.toMatchObject({
      message: "no basic auth credentials",
    });
    const wrong = { username: "u", password: "wrong" };
    await expect(push(world.images, `${guarded}/img:1`, wrong)).rejects.toMatchObject({
      message: "unauthorized: authentication required",
    });
    await expect(world.images.logIn({ serverAddress: guarded, credentials: wrong })).rejects.toThrow(
      `login attempt to http://${guarded}/v2/ failed with status: 401 Unauthorized`,
    );
    expect(await world.images.logIn({ serverAddress: guarded, credentials: USER })).toEqual({ identityToken: "" });
    await push(world.images, `${guarded}/img:1`, USER);
    await expect(pull(emptyImages().images, `${guarded}/img:1`)).rejects.toThrow(
      `Head "http://${guarded}/v2/img/manifests/1": no basic auth credentials`,
    );
    await pull(emptyImages().images, `${guarded}/img:1`, USER);
  });
});
