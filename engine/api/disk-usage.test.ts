import { describe, expect, it } from "vitest";
import { createApp } from "./app.ts";
import { call } from "./testing/api-call.ts";
import { fakeServices } from "./testing/fake-services.ts";

describe("disk usage", () => {
  it("has images with their users, containers and volumes, or what was asked for", async () => {
    const services = { ...fakeServices(), writtenBytes: async () => 5 };
    const app = createApp(services);
    await call(app, "POST /containers/create?name=web", { json: { Image: "busybox" } });
    const { json } = await call(app, "GET /system/df");
    expect(json).toMatchObject({
      Images: expect.arrayContaining([
        expect.objectContaining({ RepoTags: ["busybox:latest"], Containers: 1 }),
      ]) as unknown,
      Containers: [{ Names: ["/web"], SizeRw: 5 }],
      Volumes: [],
      BuildCache: [],
    });
    const images = await call(app, "GET /system/df?type=image");
    expect(images.json).toMatchObject({ Containers: null, Volumes: null, BuildCache: null });
    const cache = await call(app, "GET /system/df?type=build-cache");
    expect(cache.json).toEqual({ LayersSize: 0, Images: null, Containers: null, Volumes: null, BuildCache: [] });
  });

  it.each<[string, number, object]>([
    ["GET /system/df?type=foo", 400, { message: "unknown object type: foo" }],
    ["POST /build/prune", 200, { CachesDeleted: null, SpaceReclaimed: 0 }],
    ['POST /build/prune?filters={"foo":["x"]}', 400, { message: "failed to prune build cache: invalid filter 'foo'" }],
    [
      "POST /build/prune?keep-storage=x",
      400,
      {
        message: 'keep-storage is in bytes and expects an integer, got x: strconv.Atoi: parsing "x": invalid syntax',
      },
    ],
    ['POST /containers/prune?filters={"until":["1h","2h"]}', 400, { message: "more than one until filter specified" }],
    [
      'POST /containers/prune?filters={"until":["x"]}',
      400,
      { message: 'failed to parse value as time or duration: "x"' },
    ],
  ])("%s answers %d", async (operation, status, json) => {
    expect(await call(createApp(fakeServices()), operation)).toMatchObject({ status, json });
  });

  it("is told of by an event when containers are pruned", async () => {
    const services = fakeServices();
    const app = createApp(services);
    await call(app, "POST /containers/prune");
    expect(services.events.recent().at(-1)).toMatchObject({ action: "prune", attributes: { reclaimed: "0" } });
  });
});
