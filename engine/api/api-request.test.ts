import { describe, expect, it } from "vitest";
import { encodeUtf8 } from "../base/streams.ts";
import { bodyText } from "./api-request.ts";
import type { EngineRequest } from "./app.ts";

function request(text: string, contentType?: string): EngineRequest {
  return {
    method: "POST",
    path: "/containers/create",
    query: new URLSearchParams(),
    headers: new Map(contentType === undefined ? [] : [["content-type", contentType]]),
    body: new ReadableStream({
      start(controller) {
        if (text !== "") controller.enqueue(encodeUtf8(text));
        controller.close();
      },
    }),
  };
}

describe("a body", () => {
  it("is taken when it is said to be JSON, or empty", async () => {
    expect(await bodyText(request("{}", "application/json"))).toBe("{}");
    expect(await bodyText(request("{}", "application/json; charset=utf-8"))).toBe("{}");
    expect(await bodyText(request(""))).toBe("");
  });

  it.each([
    ["text/plain", "unsupported Content-Type header (text/plain): must be 'application/json'"],
    [undefined, "malformed Content-Type header (): mime: no media type"],
  ])("that is said to be %s is refused", async (type, message) => {
    await expect(bodyText(request("{}", type))).rejects.toMatchObject({ kind: "invalid-argument", message });
  });
});
