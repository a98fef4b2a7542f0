import { beforeEach, describe, expect, it } from "vitest";
import { EngineError } from "../base/errors.ts";
import { type ByteStream, encodeUtf8, streamOf } from "../base/streams.ts";
import { create, type ImagesWorld, imagesWorld } from "../images/testing/images-world.ts";
import { tarOf } from "../images/testing/image-fixture.ts";
import { digestOf } from "../oci/digest.ts";
import { parseReference } from "../oci/reference.ts";
import { TAR_END } from "../oci/tar-writer.ts";
import { type CommitPorts, type CommitRequest, commitContainer } from "./commit-container.ts";
import type { Container, ContainerStatus } from "./container.ts";

const REQUEST: CommitRequest = {
  containerConfig: { Cmd: ["sh", "-c", "x"], Env: ["A=1"] },
  changes: [],
  author: "",
  comment: "",
  pause: true,
};

describe("a commit", () => {
  let world: ImagesWorld;
  let status: ContainerStatus;
  let done: string[];
  let layer: () => Promise<ByteStream>;
  let ports: CommitPorts;

  beforeEach(async () => {
    world = await imagesWorld();
    const base = await create(world, "named");
    status = "running";
    done = [];
    layer = async () => streamOf(await tarOf("new", "file"));
    const container = (): Container =>
      ({ id: "c1", image: { id: base.id, reference: "named" }, state: { status } }) as unknown as Container;
    ports = {
      ...world,
      containers: {
        get: container,
        pause: async () => void done.push("pause"),
        unpause: async () => void done.push("unpause"),
        announce: (_, action, attributes) => void done.push(`${action} ${JSON.stringify(attributes)}`),
      },
      archives: {
        diff: async () => {
          done.push("diff");
          return layer();
        },
      },
      dockerVersion: "28.2.2",
    };
  });

  it("puts what the container changed on top of its image", async () => {
    const base = await world.images.resolve("named");
    const name = parseReference("new:1");
    const image = await commitContainer(ports, "c1", { ...REQUEST, author: "me", comment: "why", name });
    expect(image).toMatchObject({
      parent: base.id,
      layers: [...base.layers, await digestOf(await tarOf("new", "file"))],
      repoTags: ["new:1"],
      config: {
        author: "me",
        architecture: "386",
        config: { Cmd: ["sh", "-c", "x"], Env: ["A=1"] },
        history: [{ created_by: "sh -c x", author: "me", comment: "why" }],
      },
    });
    const attributes = { comment: "why", imageID: image.id, imageRef: "new:1" };
    expect(done).toEqual(["pause", "diff", "unpause", `commit ${JSON.stringify(attributes)}`]);
  });

  it("of a container that changed nothing adds no layer", async () => {
    layer = async () => streamOf(TAR_END);
    const base = await world.images.resolve("named");
    const { layers, config } = await commitContainer(ports, "c1", REQUEST);
    expect(layers).toEqual(base.layers);
    expect(config.history).toEqual([expect.objectContaining({ empty_layer: true })]);
  });

  it("takes another config and instructions", async () => {
    const config = { Env: ["B=2"], Labels: { a: "b" } };
    const image = await commitContainer(ports, "c1", { ...REQUEST, config, changes: ["USER me"] });
    expect(image.config.config).toMatchObject({
      Env: ["B=2", "A=1"],
      Labels: { a: "b" },
      User: "me",
      Cmd: ["sh", "-c", "x"],
    });
  });

  it("holds only what runs, and only when it shall", async () => {
    await commitContainer(ports, "c1", { ...REQUEST, pause: false });
    status = "exited";
    await commitContainer(ports, "c1", REQUEST);
    status = "paused";
    await commitContainer(ports, "c1", REQUEST);
    expect(done.filter((step) => !step.startsWith("commit"))).toEqual(["diff", "diff", "diff"]);
  });

  it("that fails lets the container go on, and leaves nothing", async () => {
    const layersBefore = [...world.layers.layers.keys()];
    layer = async () => streamOf(encodeUtf8("no tar at all".repeat(90)));
    await expect(commitContainer(ports, "c1", REQUEST)).rejects.toThrow("invalid tar header");
    layer = () => Promise.reject(new EngineError("internal", "the guest is gone"));
    await expect(commitContainer(ports, "c1", REQUEST)).rejects.toThrow("the guest is gone");
    expect(done).toEqual(["pause", "diff", "unpause", "pause", "diff", "unpause"]);
    expect([...world.layers.layers.keys()]).toEqual(layersBefore);
  });

  it.each<[ContainerStatus, string]>([
    ["dead", "You cannot commit container c1 which is Dead"],
    ["removing", "You cannot commit container c1 which is being removed"],
  ])("of a %s one is refused", async (state, message) => {
    status = state;
    await expect(commitContainer(ports, "c1", REQUEST)).rejects.toMatchObject({ kind: "conflict", message });
  });

  it("with what is no instruction does nothing", async () => {
    await expect(commitContainer(ports, "c1", { ...REQUEST, changes: ["FOO x"] })).rejects.toThrow(
      "FOO is not a valid change command",
    );
    expect(done).toEqual([]);
  });
});
