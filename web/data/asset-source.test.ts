import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { bootArtifacts, offlineArtifacts } from "./artifacts.ts";
import { HttpAssetSource } from "./asset-source.ts";

const artifacts = { "guest/bzImage": { sizeBytes: 5, version: "aabbccddeeff" } };

function sourceOf(answer: (url: string) => Response) {
  const urls: string[] = [];
  const source = new HttpAssetSource({
    baseUrl: "http://host/sub/",
    emulatorUrl: "http://host/sub/assets/v86.wasm",
    artifacts,
    makeError: async (kind, message, cause) => Object.assign(new Error(message, { cause }), { kind }),
    fetch: async (input) => {
      const url = input instanceof Request ? input.url : input.toString();
      urls.push(url);
      return answer(url);
    },
  });
  return { source, urls };
}

test("a known artifact is fetched below the page's own path, with its version", async () => {
  const { source, urls } = sourceOf(() => new Response("hello"));
  expect(Buffer.from(await source.read("guest/bzImage")).toString()).toBe("hello");
  expect(urls).toEqual(["http://host/sub/guest/bzImage?v=aabbccddeeff"]);
});

test("progress counts bytes against the known size", async () => {
  const { source } = sourceOf(() => new Response("hello"));
  const seen: unknown[] = [];
  await source.read("guest/bzImage", { onProgress: (loaded, total) => seen.push([loaded, total]) });
  expect(seen).toEqual([
    [0, 5],
    [5, 5],
  ]);
});

test("what was prefetched is not fetched again", async () => {
  const { source, urls } = sourceOf(
    (url) => new Response(url.endsWith(".wasm") ? "" : "hello", { status: url.endsWith(".wasm") ? 404 : 200 }),
  );
  source.prefetch({ coldBoot: true });
  await source.read("guest/bzImage");
  expect(urls.filter((url) => url.includes("bzImage"))).toHaveLength(1);
});

test.each([
  ["a 404", () => new Response("no", { status: 404 }), "missing", "not-found"],
  [
    "a host that answers with its page",
    () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    "missing",
    "not-found",
  ],
  ["a 503", () => new Response("no", { status: 503 }), "unreachable", "unavailable"],
  [
    "no network",
    () => {
      throw new TypeError("Failed to fetch");
    },
    "unreachable",
    "unavailable",
  ],
] as const)("%s names the file", async (_title, answer, failureKind, errorKind) => {
  const { source } = sourceOf(answer);
  const error: unknown = await source.read("guest/rootfs.tar.gz").catch((reason: unknown) => reason);
  expect(error).toMatchObject({ kind: errorKind, message: expect.stringContaining("guest/rootfs.tar.gz") as string });
  const wrapped = new Error("boot failed", { cause: error });
  expect(source.failureOf(wrapped)).toEqual({ kind: failureKind, path: "guest/rootfs.tar.gz" });
});

test("an artifact a host has unpacked on the way is packed again", async () => {
  const { source } = sourceOf(() => new Response("plain cpio", { headers: { "content-encoding": "gzip" } }));
  expect(gunzipSync(await source.read("guest/initramfs.cpio.gz")).toString()).toBe("plain cpio");
  const untouched = gzipSync("x");
  const other = sourceOf(() => new Response(untouched));
  expect(Buffer.from(await other.source.read("guest/initramfs.cpio.gz")).equals(untouched)).toBe(true);
});

test("an aborted read rejects while the shared download goes on", async () => {
  const { source } = sourceOf(() => new Response(new ReadableStream()));
  const controller = new AbortController();
  const reading = source.read("guest/bzImage", { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(reading).rejects.toThrow("enough");
});

test("with a snapshot only that is fetched ahead, and what a cold boot alone reads is not kept", () => {
  const entry = { sizeBytes: 1, version: "0" };
  const names = ["guest/bzImage", "guest/manifest.json", "guest/rootfs.tar.gz", "guest/snapshot/state"];
  const table = Object.fromEntries(names.map((name) => [name, entry]));
  expect(bootArtifacts(table, { coldBoot: false })).toEqual(["guest/manifest.json", "guest/snapshot/state"]);
  expect(bootArtifacts(table, { coldBoot: true })).toEqual([
    "guest/bzImage",
    "guest/manifest.json",
    "guest/rootfs.tar.gz",
  ]);
  expect(offlineArtifacts(table)).toEqual(["guest/manifest.json", "guest/rootfs.tar.gz", "guest/snapshot/state"]);
});
