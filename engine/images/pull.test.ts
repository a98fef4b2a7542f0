import { execFileSync } from "node:child_process";
import { describe, expect, it, vi } from "vitest";
import { type Digest, hexOf } from "../oci/digest.ts";
import { type Fixture, putImage } from "./testing/image-fixture.ts";
import { blobList, lines, noise, pull, textLayers, world } from "./testing/pull-world.ts";
import type { RegistryDouble } from "./testing/registry-double.ts";

describe("a pull", () => {
  it("tells what dockerd tells, in its order", async () => {
    const { registry, images } = world();
    const fixture = await putImage(registry, { layers: await textLayers("a", "b", "c", "d") });
    const [a, b, c, d] = fixture.layerDigests.map((digest) => hexOf(digest).slice(0, 12));
    const printed = lines(await pull(images));
    expect(printed.slice(0, 5)).toEqual([
      "latest: Pulling from library/x",
      ...[a, b, c, d].map((id) => `${id}: Pulling fs layer`),
    ]);
    expect(printed).toContain(`${d}: Waiting`);
    for (const id of [a, b, c, d]) {
      const own = printed.filter((line) => line.startsWith(`${id}:`) && !line.endsWith("Waiting"));
      expect(own).toEqual(
        ["Pulling fs layer", "Verifying Checksum", "Download complete", "Pull complete"].map(
          (status) => `${id}: ${status}`,
        ),
      );
    }
    expect(printed.filter((line) => line.endsWith("Pull complete"))).toEqual(
      [a, b, c, d].map((id) => `${id}: Pull complete`),
    );
    expect(printed.slice(-2)).toEqual([`Digest: ${fixture.digest}`, "Status: Downloaded newer image for x:latest"]);
  });

  it("shows bytes of both passes, few and ending at the whole", async () => {
    const { registry, images } = world();
    const fixture = await putImage(registry, { layers: await textLayers(noise(1, 100_000)) });
    const progress = (await pull(images)).filter((event) => event.kind === "progress");
    const totalBytes = (await sizeOf(registry, fixture)) ?? 0;
    expect(progress.length).toBeLessThan(10);
    expect(progress.filter(({ status }) => status === "Downloading").at(-1)).toMatchObject({
      currentBytes: totalBytes,
      totalBytes,
    });
    expect(progress.at(-1)).toMatchObject({ status: "Extracting", currentBytes: totalBytes, totalBytes });
  });

  it("leaves the image with its names, and its layers unpacked and as they came", async () => {
    const { registry, images, blobs, layers, records, reload } = world();
    const fixture = await putImage(registry, { layers: await textLayers("a", "b") });
    await pull(images);
    const image = await reload().resolve("x");
    expect(image).toMatchObject({
      id: fixture.id,
      repoTags: ["x:latest"],
      repoDigests: [`x@${fixture.digest}`],
      layers: fixture.diffIds,
      sizeBytes: 2,
    });
    expect(image.manifest.digest).toBe(fixture.manifestDigest);
    expect([...layers.layers.keys()]).toEqual(expect.arrayContaining([...fixture.diffIds]));
    expect(await blobList(blobs)).toEqual([fixture.id, fixture.manifestDigest, ...fixture.layerDigests].toSorted());
    expect(await records.entries("leases/")).toEqual([]);
  });

  it("of an image that is here asks for manifests only", async () => {
    const { registry, images } = world();
    const fixture = await putImage(registry, { tags: ["latest", "1"], layers: await textLayers("a") });
    await pull(images);
    registry.requests.length = 0;
    expect(lines(await pull(images))).toEqual([
      "latest: Pulling from library/x",
      `Digest: ${fixture.digest}`,
      "Status: Image is up to date for x:latest",
    ]);
    expect(lines(await pull(images, "x:1")).at(-1)).toBe("Status: Downloaded newer image for x:1");
    expect(registry.requests.every(({ path }) => path.includes("/manifests/"))).toBe(true);
    expect((await images.resolve("x")).repoTags).toEqual(["x:1", "x:latest"]);
  });

  it("says of shared layers that they already exist", async () => {
    const { registry, images } = world();
    const [base, top] = await textLayers("base", "top");
    const one = await putImage(registry, { layers: [base!] });
    await putImage(registry, { repository: "library/y", layers: [base!, top!] });
    await pull(images);
    const printed = lines(await pull(images, "y:latest"));
    expect(printed[1]).toBe(`${hexOf(one.layerDigests[0]!).slice(0, 12)}: Already exists`);
    expect(registry.requests.filter(({ path }) => path === `library/y/blobs/${one.layerDigests[0]}`)).toEqual([]);
  });

  it("fetches a layer once that an image has twice", async () => {
    const { registry, images } = world();
    const [layer] = await textLayers("same");
    const fixture = await putImage(registry, { layers: [layer!, layer!] });
    await pull(images);
    expect(registry.count(fixture.layerDigests[0]!)).toBe(1);
    expect((await images.resolve("x")).layers).toHaveLength(2);
  });

  it("by digest names the whole reference and leaves a digest as the only name", async () => {
    const { registry, images } = world();
    const fixture = await putImage(registry, { layers: await textLayers("a") });
    const printed = lines(await pull(images, `x@${fixture.digest}`));
    expect(printed[0]).toBe(`docker.io/library/x@${fixture.digest}: Pulling from library/x`);
    expect(printed.at(-1)).toBe(`Status: Downloaded newer image for x@${fixture.digest}`);
    expect(await images.resolve(`x@${fixture.digest}`)).toMatchObject({
      repoTags: [],
      repoDigests: [`x@${fixture.digest}`],
    });
  });

  it("of a name alone brings every tag and one status", async () => {
    const { registry, images } = world();
    await putImage(registry, { tags: ["1"], layers: await textLayers("one") });
    await putImage(registry, { tags: ["2"], layers: await textLayers("two") });
    const printed = lines(await pull(images, "x"));
    expect(printed.filter((line) => line.includes("Pulling from"))).toEqual([
      "1: Pulling from library/x",
      "2: Pulling from library/x",
    ]);
    expect(printed.filter((line) => line.startsWith("Status"))).toEqual(["Status: Downloaded newer image for x"]);
  });

  it("keeps the image whose tag a newer one takes", async () => {
    const { registry, images } = world();
    const before = await putImage(registry, { layers: await textLayers("old") });
    await pull(images);
    await putImage(registry, { layers: await textLayers("new") });
    await pull(images);
    expect(await images.resolve(before.id)).toMatchObject({ repoTags: [], repoDigests: [`x@${before.digest}`] });
    expect(await images.list()).toHaveLength(2);
  });

  it("reads a manifest without an index around it", async () => {
    const { registry, images } = world({ isStatic: true });
    const fixture = await putImage(registry, { index: false, layers: await textLayers("a") });
    await pull(images);
    expect(fixture.digest).toBe(fixture.manifestDigest);
    expect((await images.resolve("x")).repoDigests).toEqual([`x@${fixture.digest}`]);
  });

  it.each(["plain", "zstd"] as const)("unpacks %s layers, whatever the media type says", async (how) => {
    const { registry, images } = world();
    const [layer] = await textLayers(noise(2, 5000));
    const compressed =
      how === "plain" ? layer!.tar : new Uint8Array(execFileSync("zstd", ["-c"], { input: layer!.tar }));
    await putImage(registry, { layers: [{ ...layer!, compressed }] });
    await pull(images);
    expect((await images.resolve("x")).sizeBytes).toBe(5000);
  });
});

describe("platforms", () => {
  it("that an index lacks are refused in Docker's words", async () => {
    const { registry, images } = world();
    await putImage(registry, { platform: { os: "linux", architecture: "amd64" }, layers: await textLayers("a") });
    await expect(pull(images)).rejects.toMatchObject({
      kind: "not-found",
      message: "no matching manifest for linux/386 in the manifest list entries",
    });
    await expect(pull(images, "x:latest", { platform: "linux/arm/v7" })).rejects.toThrow(
      "no matching manifest for linux/arm/v7 in the manifest list entries",
    );
    await pull(images, "x:latest", { platform: "linux/amd64" });
    expect((await images.resolve("x")).config.architecture).toBe("amd64");
  });

  it("of an image without an index do not keep it away: Docker only warns, and only who asked for another one", async () => {
    const { registry, images } = world();
    await putImage(registry, {
      index: false,
      platform: { os: "linux", architecture: "arm64" },
      layers: await textLayers("a"),
    });
    expect(lines(await pull(images)).at(-1)).toBe("Status: Downloaded newer image for x:latest");
    expect((await images.resolve("x")).config.architecture).toBe("arm64");
    expect(lines(await pull(images, "x:latest", { platform: "linux/386" })).at(-1)).toBe(
      "WARNING: image with reference x:latest was found but its platform (linux/arm64) does not match the specified platform (linux/386)",
    );
    expect(lines(await pull(images, "x:latest", { platform: "linux/arm64" })).at(-1)).toBe(
      "Status: Image is up to date for x:latest",
    );
  });
});

describe("errors before the first event", () => {
  it("come from the first next(), so a client gets a status", async () => {
    const { registry, images } = world();
    await putImage(registry, { layers: await textLayers("a") });
    const events = images.pull("x:none")[Symbol.asyncIterator]();
    await expect(events.next()).rejects.toMatchObject({
      kind: "not-found",
      message: expect.stringContaining("manifest for x:none not found") as string,
    });
    await expect(images.pull("X:none")[Symbol.asyncIterator]().next()).rejects.toThrow(
      "repository name (library/X) must be lowercase",
    );
  });
});

describe("extraction", () => {
  it("is told from the bottom up, although upper layers are there first", async () => {
    const { registry, images, layers } = world();
    const fixture = await putImage(registry, { layers: await textLayers("a", "b", "c") });
    const [lowest] = fixture.layerDigests as [Digest];
    const others = vi.waitUntil(() => layers.layers.size === 2);
    registry.fault = ({ path }) => {
      registry.gate = path.endsWith(lowest) ? others : Promise.resolve();
      return undefined;
    };
    const events = await pull(images);
    const shown = events.filter(({ status }) => status === "Extracting" || status === "Pull complete");
    const names = shown.map(({ id = "", status }) => {
      const layer = fixture.layerDigests.findIndex((digest) => hexOf(digest).startsWith(id));
      return `${layer} ${status}`;
    });
    expect(names).toEqual([0, 1, 2].flatMap((layer) => [`${layer} Extracting`, `${layer} Pull complete`]));
  });
});

async function sizeOf(registry: RegistryDouble, fixture: Fixture): Promise<number | undefined> {
  const response = await registry.fetch(`v2/library/x/manifests/${fixture.manifestDigest}`);
  const { layers } = (await response.json()) as { layers: { size: number }[] };
  return layers[0]?.size;
}
