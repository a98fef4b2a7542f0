import { describe, expect, it } from "vitest";
import type { ImageConfig } from "../oci/image-config.ts";
import { checkPlatform } from "./check-platform.ts";

const image = (architecture: string, os = "linux"): ImageConfig => ({
  architecture,
  os,
  rootfs: { type: "layers", diff_ids: [] },
});
const check = (config: ImageConfig, platform?: string): readonly string[] =>
  checkPlatform(config, { image: "x", config: {}, host: {}, ...(platform !== undefined && { platform }) });

describe("an image's platform", () => {
  it("is good when it is the machine's, or what was asked for runs it", () => {
    for (const platform of [undefined, "linux/386", "linux/amd64", "linux"])
      expect(check(image("386"), platform)).toEqual([]);
    expect(check(image("arm64"), "linux/arm64")).toEqual([]);
  });

  it("is warned of when nothing was asked for and the machine is another", () => {
    expect(check(image("arm64"))).toEqual([
      "The requested image's platform (linux/arm64) does not match the detected host platform (linux/386) and no specific platform was requested",
    ]);
  });

  it.each([
    [
      "linux/arm64",
      "image with reference x was found but its platform (linux/386) does not match the specified platform (linux/arm64)",
    ],
    [
      "windows/amd64",
      "image with reference x was found but its platform (linux/386) does not match the specified platform (windows/amd64)",
    ],
    ["a/b/c/d", '"a/b/c/d": cannot parse platform specifier: invalid argument'],
  ])("is refused when it is not %s", (platform, message) => {
    expect(() => check(image("386"), platform)).toThrow(message);
  });
});
