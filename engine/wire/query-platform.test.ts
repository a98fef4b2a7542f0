import { describe, expect, it } from "vitest";
import { parseQueryPlatform } from "./query-platform.ts";

describe("a platform in a query", () => {
  it("has an operating system, an architecture, and perhaps a variant", () => {
    expect(parseQueryPlatform('{"os":"linux","architecture":"386"}')).toEqual({ os: "linux", architecture: "386" });
    const arm = { os: "linux", architecture: "arm", variant: "v7" };
    expect(parseQueryPlatform(JSON.stringify(arm))).toEqual(arm);
  });

  it.each([
    ["x", "failed to parse platform: invalid character 'x' looking for beginning of value"],
    ["{", "failed to parse platform: unexpected end of JSON input"],
    ["[]", "failed to parse platform: json: cannot unmarshal array into Go value of type v1.Platform"],
    ["1", "failed to parse platform: json: cannot unmarshal number into Go value of type v1.Platform"],
    ["null", "both OS and Architecture must be provided"],
    ['{"os":"linux"}', "both OS and Architecture must be provided"],
    ['{"variant":"v7"}', "optional platform fields provided, but OS and Architecture are missing"],
  ])("%s is none", (text, message) => {
    expect(() => parseQueryPlatform(text)).toThrow(message);
  });
});
