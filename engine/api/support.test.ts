import { describe, expect, it } from "vitest";
import { createApp, createRoutes } from "./app.ts";
import { SUPPORT } from "./support.ts";
import { call } from "./testing/api-call.ts";
import { fakeServices } from "./testing/fake-services.ts";

describe("the table of what is supported", () => {
  const operations = createRoutes(fakeServices()).map(({ method, path }) => `${method} ${path}`);

  it("names every route once, and every line of it has a route", () => {
    expect(operations.toSorted()).toEqual(Object.keys(SUPPORT).toSorted());
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
