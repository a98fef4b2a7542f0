import { describe, expect, it } from "vitest";
import type { EngineFetch } from "./app.ts";
import { errorResponse } from "./error-response.ts";
import { json } from "./responses.ts";
import { createRouter, route } from "./router.ts";
import { call } from "./testing/api-call.ts";

const echo = (name: string) => (request: { params: object; version: string }) =>
  json({ name, params: request.params, version: request.version });

const dispatch = createRouter([
  route("GET", "/images/json", echo("list")),
  route("GET", "/images/{name}/json", echo("inspect")),
  route("DELETE", "/images/{name}", echo("remove")),
  route("GET", "/containers/{id}/json", echo("container")),
]);
const app: EngineFetch = (request) => dispatch(request).catch(errorResponse);

describe("the router", () => {
  it.each<[string, number, object]>([
    ["GET /images/json", 200, { name: "list", params: {}, version: "1.50" }],
    ["GET /v1.41/images/json", 200, { name: "list", params: {}, version: "1.41" }],
    ["GET /images/json/", 404, { message: "page not found" }],
    [
      "GET /v1.24/images/localhost:5000/a/b:tag/json",
      200,
      { name: "inspect", params: { name: "localhost:5000/a/b:tag" }, version: "1.24" },
    ],
    ["GET /images/a%2Fb/json", 200, { name: "inspect", params: { name: "a/b" }, version: "1.50" }],
    ["GET /images/%zz/json", 200, { name: "inspect", params: { name: "%zz" }, version: "1.50" }],
    ["DELETE /images/x@sha256:00", 200, { name: "remove", params: { name: "x@sha256:00" }, version: "1.50" }],
    ["GET /containers/f1/json", 200, { name: "container", params: { id: "f1" }, version: "1.50" }],
    ["GET /nope", 404, { message: "page not found" }],
    ["POST /images/json", 404, { message: "page not found" }],
    ["GET /v1.50", 404, { message: "page not found" }],
    ["GET /images/json/", 404, { message: "page not found" }],
    [
      "GET /v1.99/images/json",
      400,
      { message: "client version 1.99 is too new. Maximum supported API version is 1.50" },
    ],
    [
      "OPTIONS /v1.99/images/json",
      400,
      { message: "client version 1.99 is too new. Maximum supported API version is 1.50" },
    ],
  ])("answers %s with %d", async (request, status, body) => {
    expect(await call(app, request)).toMatchObject({ status, json: body });
  });

  it("answers OPTIONS of any path", async () => {
    expect(await call(app, "OPTIONS /nope")).toMatchObject({ status: 200, text: "" });
  });

  it("tells clients from before JSON errors in plain text that they are too old", async () => {
    const answer = await call(app, "GET /v1.20/images/json");
    expect(answer).toMatchObject({
      status: 400,
      text: "client version 1.20 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version\n",
    });
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  });

  it.each([
    ["GET //images/json", "/images/json"],
    ["GET /images//json", "/images/json"],
    ["GET /v1.40/../images/./json?all=1&x=a%20b", "/images/json?all=1&x=a+b"],
    ["POST /containers/%2e%2e/start", "/start"],
    ["GET /../../etc", "/etc"],
    ["GET /a%2F%2Fb%3F/", "/a/b%3F/"],
  ])("sends %s to %s", async (request, location) => {
    const answer = await call(app, request);
    expect([answer.status, answer.headers.get("location"), answer.text]).toEqual([301, location, ""]);
  });
});
