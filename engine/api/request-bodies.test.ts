import { expect, it } from "vitest";
import { EngineError } from "../base/errors.ts";
import { encodeUtf8, streamFrom } from "../base/streams.ts";
import { createApp } from "./app.ts";
import { call } from "./testing/api-call.ts";
import { fakeServices } from "./testing/fake-services.ts";

const JSON_TYPE = { "content-type": "application/json" };
const app = createApp(fakeServices());
const create = (text: string, headers: Readonly<Record<string, string>> = JSON_TYPE): ReturnType<typeof call> =>
  call(app, "POST /containers/create", { text, headers });

it.each([
  ["", "invalid JSON: got EOF while reading request body"],
  ['{"Image"', "invalid JSON: unexpected EOF"],
  ["{}{}", "unexpected content after JSON"],
  ["null", "config cannot be empty in order to create a container"],
  ["[".repeat(1_000_000), "invalid JSON: exceeded max depth"],
  [`{"Image":"busybox","Labels":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`, "invalid JSON: exceeded max depth"],
  [`{"Image":"${"a".repeat(9 << 20)}"}`, "request body too large"],
])("a body that is no document is refused with 400: %#", async (text, message) => {
  expect(await create(text)).toMatchObject({ status: 400, json: { message } });
});

it.each([
  [{}, "malformed Content-Type header (): mime: no media type"],
  [{ "content-type": "text/plain" }, "unsupported Content-Type header (text/plain): must be 'application/json'"],
])("a body of another type is refused with 400: %j", async (headers, message) => {
  expect(await create("{}", headers)).toMatchObject({ status: 400, json: { message } });
});

it("a body that is cut off is refused with 400", async () => {
  const cut = async function* (): AsyncGenerator<Uint8Array> {
    yield encodeUtf8("{");
    throw new EngineError("invalid-argument", "unexpected EOF");
  };
  const answer = await call(app, "POST /containers/create", { body: streamFrom(cut()), headers: JSON_TYPE });
  expect(answer).toMatchObject({ status: 400, json: { message: "invalid JSON: unexpected EOF" } });
});

it("names that JavaScript gives a meaning are names like any other", async () => {
  const text = '{"Image":"busybox","Labels":{"__proto__":"a","constructor":"b"}}';
  const { json } = await create(text);
  const { json: inspected } = await call(app, `GET /containers/${(json as { Id: string }).Id}/json`);
  const { Labels } = (inspected as { Config: { Labels: object } }).Config;
  expect(Object.entries(Labels)).toEqual([["__proto__", "a"], ["constructor", "b"]]); // prettier-ignore
});

it.each([
  ["limit=x", 'strconv.Atoi: parsing "x": invalid syntax'],
  ["limit=99999999999999999999", 'strconv.Atoi: parsing "99999999999999999999": value out of range'],
])("a number that is none is Docker's 500: %s", async (query, message) => {
  expect(await call(app, `GET /containers/json?${query}`)).toMatchObject({ status: 500, json: { message } });
});

it("start takes no body, as Docker since API 1.24", async () => {
  await call(app, "POST /containers/create?name=bare", {
    json: { Image: "busybox", Cmd: ["true"] },
    headers: JSON_TYPE,
  });
  const message = "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24";
  const answer = await call(app, "POST /containers/bare/start", { json: { Binds: ["/a:/b"] } });
  expect(answer).toMatchObject({ status: 400, json: { message } });
  expect(await call(app, "POST /containers/bare/start", { text: "{}" })).toMatchObject({ status: 204 });
});
