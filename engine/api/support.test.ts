import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createApp, createRoutes } from "./app.ts";
import { SUPPORT } from "./support.ts";
import { supportTable } from "./support-table.ts";
import { call } from "./testing/api-call.ts";
import { fakeServices } from "./testing/fake-services.ts";

describe("the table of what is supported", () => {
  // `/networks/` is `/networks`, as in Docker's own router.
  const operations = createRoutes(fakeServices())
    .map(({ method, path }) => `${method} ${path}`)
    .filter((operation) => !operation.endsWith("/") && !operation.includes(" /drydock/"));

  it("names every route once, and every line of it has a route", () => {
    expect(operations.toSorted()).toEqual(Object.keys(SUPPORT).toSorted());
  });

  it("has every operation of Docker's specification, and two that it leaves out", () => {
    const docker = readFileSync(join(import.meta.dirname, "testdata/docker-operations.txt"), "utf8")
      .trim()
      .split("\n");
    const sameNames = (operation: string): string => operation.replace(/\{\w+\}/g, "{}");
    const ours = new Set(Object.keys(SUPPORT).map(sameNames));
    expect(docker.filter((operation) => !ours.has(sameNames(operation)))).toEqual([]);
    const theirs = new Set(docker.map(sameNames));
    expect([...ours].filter((operation) => !theirs.has(operation))).toEqual(["POST /build/cancel", "POST /grpc"]);
  });

  it("is what docs/engine-api.md says", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/engine-api.md"), "utf8");
    expect(page).toBe(supportTable());
  });

  it("makes a 501 of what is not there yet", async () => {
    const app = createApp(fakeServices());
    for (const [operation, support] of Object.entries(SUPPORT)) {
      if (support !== "none") continue;
      const [method, path = ""] = operation.split(" ");
      const { status, json } = await call(app, `${method} ${path.replace(/\{\w+\}/g, "x")}`);
      expect({ operation, status, json }).toEqual({
        operation,
        status: 501,
        json: { message: `${operation} is not implemented yet` },
      });
    }
  });
});
