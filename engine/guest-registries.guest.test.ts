import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call } from "./api/testing/api-call.ts";
import { streamOf } from "./base/streams.ts";
import { openMemoryStorage } from "./content/browser-storage.ts";
import { createEngine } from "./engine.ts";
import type { Engine } from "./engine-options.ts";
import { createFileAssets } from "./node/file-assets.ts";
import { writeTar } from "./oci/tar-writer.ts";

const publicDirectory = join(import.meta.dirname, "..", "public");
/** On this port of the guest a container serves a registry of plain files. */
const PORT = 5055;

let engine: Engine;
let address = "";

beforeAll(async () => {
  engine = await createEngine({
    assets: createFileAssets(publicDirectory),
    storage: openMemoryStorage(),
    registries: { insecure: ["172.17.0.0/16"] },
  });
  const post = async (request: string, options: Parameters<typeof call>[2] = {}): Promise<unknown> => {
    const { status, text, json } = await call(engine.fetch, request, options);
    if (status >= 300) throw new Error(`${request}: ${status} ${text}`);
    return json;
  };
  await post("POST /images/create?fromImage=busybox&tag=latest");
  await post("POST /containers/create?name=registry", {
    headers: { "content-type": "application/json" },
    json: {
      Image: "busybox",
      Cmd: ["httpd", "-f", "-p", "80", "-h", "/"],
      ExposedPorts: { "80/tcp": {} },
      HostConfig: { PortBindings: { "80/tcp": [{ HostPort: String(PORT) }] } },
    },
  });
  const body = writeTar(await registryFiles());
  await post("PUT /containers/registry/archive?path=/", { headers: { "content-type": "application/x-tar" }, body });
  await post("POST /containers/registry/start");
  const { NetworkSettings } = (await post("GET /containers/registry/json")) as {
    NetworkSettings: { Networks: { bridge: { IPAddress: string } } };
  };
  address = NetworkSettings.Networks.bridge.IPAddress;
  // The server needs a moment to listen.
  for (let tries = 0; tries < 100; tries += 1) {
    const { text } = await call(engine.fetch, `POST /images/create?fromImage=${address}/x&tag=1`);
    if (!text.includes("connection refused")) break;
  }
}, 120_000);
afterAll(() => engine[Symbol.asyncDispose]());

/** The page's own hello-world, as files below `v2/`. */
async function registryFiles(): Promise<Parameters<typeof writeTar>[0]> {
  const directory = join(publicDirectory, "v2", "library", "hello-world");
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return await Promise.all(
    files.map(async (file) => {
      const content = await readFile(file);
      const path = join("v2", "hello", relative(directory, file));
      return { entry: { path, size: content.length }, content: streamOf(new Uint8Array(content)) };
    }),
  );
}

const pull = (name: string): ReturnType<typeof call> =>
  call(engine.fetch, `POST /images/create?fromImage=${encodeURIComponent(name)}&tag=latest`);

describe("a registry in a container", () => {
  it("is reached at its published port, as from inside the machine", async () => {
    for (const host of [`127.0.0.1:${PORT}`, `localhost:${PORT}`]) {
      const { status, text } = await pull(`${host}/hello`);
      expect(status).toBe(200);
      expect(text).toContain(`Status: Downloaded newer image for ${host}/hello:latest`);
    }
  });

  it("is reached at its own address, when that is called insecure", async () => {
    const { text } = await pull(`${address}/hello`);
    expect(text).toContain(`newer image for ${address}/hello:latest`);
  });

  it("is not there where nothing listens", async () => {
    expect(await pull(`${address}:81/hello`)).toMatchObject({
      status: 500,
      json: { message: `Get "http://${address}:81/v2/": dial tcp ${address}:81: connect: connection refused` },
    });
  });
});
