import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeUtf8 } from "../base/streams.ts";
import type { Digest } from "./digest.ts";
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from "./media-types.ts";
import {
  checkImageManifest,
  findPlatform,
  MAX_MANIFEST_BYTES,
  parseImageConfig,
  parseManifest,
} from "./parse-manifest.ts";

const digest = (digit: string): Digest => `sha256:${digit.repeat(64)}` as Digest;
const config = { mediaType: OCI_CONFIG, digest: digest("c"), size: 10 };
const layer = { mediaType: `${OCI_LAYER}+gzip`, digest: digest("a"), size: 20 };
const manifest = { schemaVersion: 2, config, layers: [layer] };
const encode = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value));

describe("parseManifest", () => {
  it("believes the document before the server, and the server before the shape", () => {
    expect(parseManifest(encode({ ...manifest, mediaType: DOCKER_MANIFEST }), OCI_MANIFEST).mediaType).toBe(
      DOCKER_MANIFEST,
    );
    expect(parseManifest(encode(manifest), `${DOCKER_MANIFEST}; charset=utf-8`).mediaType).toBe(DOCKER_MANIFEST);
    expect(parseManifest(encode(manifest), "application/octet-stream").mediaType).toBe(OCI_MANIFEST);
    expect(parseManifest(encode({ schemaVersion: 2, manifests: [] }))).toMatchObject({
      kind: "index",
      mediaType: OCI_INDEX,
    });
    expect(parseManifest(encode({ schemaVersion: 2, manifests: [] }), DOCKER_INDEX).mediaType).toBe(DOCKER_INDEX);
  });

  it.each([
    ["not JSON", "{", "manifest is not JSON"],
    ["a list", "[]", "manifest is not a JSON object"],
    ["schema 1", '{"schemaVersion":1}', "Docker Image manifest version 2, schema 1 is not supported"],
    ["no version", "{}", "unsupported manifest format"],
    ["neither index nor manifest", '{"schemaVersion":2}', "unsupported manifest format"],
    ["both", JSON.stringify({ ...manifest, manifests: [] }), "unsupported manifest format"],
    [
      "an index called a manifest",
      JSON.stringify({ schemaVersion: 2, manifests: [], mediaType: OCI_MANIFEST }),
      `unsupported media type ${OCI_MANIFEST}`,
    ],
    ["another type", JSON.stringify({ ...manifest, mediaType: "text/html" }), "unsupported media type text/html"],
    ["layers that are none", JSON.stringify({ ...manifest, layers: {} }), "manifest has invalid layers"],
    [
      "a bad digest",
      JSON.stringify({ ...manifest, layers: [{ ...layer, digest: "sha256:../../x" }] }),
      "invalid descriptor: digest sha256:../../x",
    ],
    [
      "a negative size",
      JSON.stringify({ ...manifest, layers: [{ ...layer, size: -1 }] }),
      "invalid descriptor: size -1",
    ],
    [
      "a size beyond counting",
      JSON.stringify({ ...manifest, layers: [{ ...layer, size: 1e300 }] }),
      "invalid descriptor: size 1e+300",
    ],
    [
      "a fractional size",
      JSON.stringify({ ...manifest, config: { ...config, size: 0.5 } }),
      "invalid descriptor: size 0.5",
    ],
    [
      "a bad platform",
      JSON.stringify({ schemaVersion: 2, manifests: [{ ...layer, platform: { os: 1 } }] }),
      "invalid descriptor: platform",
    ],
  ])("refuses %s", (_what, text, message) => {
    expect(() => parseManifest(encodeUtf8(text))).toThrow(
      expect.objectContaining({ kind: "invalid-argument", message }) as Error,
    );
  });

  it("refuses more than 4 MiB unread", () => {
    expect(() => parseManifest(new Uint8Array(MAX_MANIFEST_BYTES + 1))).toThrow("too large");
  });

  it("throws nothing but EngineErrors, whatever the JSON", () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (a, b) => {
        for (const text of [
          a,
          `{"schemaVersion":2,"config":${a},"layers":${b}}`,
          `{"schemaVersion":2,"manifests":${a}}`,
        ]) {
          try {
            parseManifest(encodeUtf8(text));
          } catch (error) {
            expect(error).toMatchObject({ name: "EngineError" });
          }
        }
      }),
    );
  });
});

describe("checkImageManifest", () => {
  it("refuses what is no container image", () => {
    expect(() =>
      checkImageManifest({
        schemaVersion: 2,
        config: { ...config, mediaType: "application/vnd.cncf.helm.config.v1+json" },
        layers: [],
      }),
    ).toThrow("unsupported media type application/vnd.cncf.helm.config.v1+json");
  });

  it("refuses more layers than overlayfs can stack and configs nobody can read", () => {
    expect(() =>
      checkImageManifest({ schemaVersion: 2, config, layers: Array.from({ length: 126 }, () => layer) }),
    ).toThrow("max depth exceeded");
    expect(() => checkImageManifest({ schemaVersion: 2, config: { ...config, size: 1e9 }, layers: [] })).toThrow(
      "too large",
    );
  });
});

describe("parseImageConfig", () => {
  it("reads a minimal config", () => {
    const parsed = parseImageConfig(
      encode({ architecture: "386", os: "linux", rootfs: { type: "layers", diff_ids: [digest("1")] } }),
      1,
    );
    expect(parsed.rootfs.diff_ids).toEqual([digest("1")]);
    expect(parsed.config).toEqual({});
  });

  it.each([
    [{}, "image config has no rootfs section"],
    [{ rootfs: { diff_ids: ["x"] } }, "image config has an invalid rootfs section"],
    [{ rootfs: { diff_ids: [] } }, "layers from manifest don't match image configuration"],
    [{ rootfs: { diff_ids: [digest("1")] }, os: 1 }, "image config has an invalid platform"],
  ])("refuses %j", (value, message) => {
    expect(() => parseImageConfig(encode(value), 1)).toThrow(message);
  });
});

describe("findPlatform", () => {
  const at = (architecture: string, variant?: string) => ({
    mediaType: OCI_MANIFEST,
    digest: digest("d"),
    size: 1,
    platform: { os: "linux", architecture, ...(variant !== undefined && { variant }) },
  });

  it("takes the first that fits, and asks for a variant only when one is wanted", () => {
    const index = { schemaVersion: 2 as const, manifests: [at("amd64"), at("arm", "v6"), at("arm", "v7"), at("386")] };
    expect(findPlatform(index, { os: "linux", architecture: "386" })).toBe(index.manifests[3]);
    expect(findPlatform(index, { os: "linux", architecture: "arm" })).toBe(index.manifests[1]);
    expect(findPlatform(index, { os: "linux", architecture: "arm", variant: "v7" })).toBe(index.manifests[2]);
    expect(findPlatform(index, { os: "linux", architecture: "s390x" })).toBeUndefined();
  });
});
