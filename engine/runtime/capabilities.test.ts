import { describe, expect, it } from "vitest";
import { CAPABILITIES, capabilityMask, DEFAULT_CAPABILITIES, tweakCapabilities } from "./capabilities.ts";
import { parseSignal } from "./signals.ts";

const mask = (add: readonly string[], drop: readonly string[], privileged = false): string =>
  capabilityMask(tweakCapabilities(add, drop, privileged)).toString(16);

describe("capabilities", () => {
  it("are Docker's fourteen by default: what CapEff says in a real container", () => {
    expect(DEFAULT_CAPABILITIES).toHaveLength(14);
    expect(mask([], [])).toBe("a80425fb");
  });

  it("are added and dropped, by any spelling, and ALL means all", () => {
    expect(tweakCapabilities(["net_admin"], ["CAP_CHOWN"])).toContain("CAP_NET_ADMIN");
    expect(tweakCapabilities(["net_admin"], ["CAP_CHOWN"])).not.toContain("CAP_CHOWN");
    expect(tweakCapabilities(["ALL"], [])).toHaveLength(CAPABILITIES.length);
    expect(mask(["ALL"], ["NET_RAW"])).toBe("1ffffffdfff");
    expect(tweakCapabilities([], ["all"])).toEqual([]);
    expect(tweakCapabilities(["KILL"], ["ALL"])).toEqual(["CAP_KILL"]);
    expect(mask([], [], true)).toBe("1ffffffffff");
  });

  it("must exist", () => {
    expect(() => tweakCapabilities(["NOPE"], [])).toThrow('invalid CapAdd: unknown capability: "CAP_NOPE"');
    expect(() => tweakCapabilities([], ["x"])).toThrow('invalid CapDrop: unknown capability: "CAP_X"');
  });
});

describe("signals", () => {
  it("are read by name and number", () => {
    expect(["KILL", "SIGTERM", "hup", "9", "RTMIN+1", "SIGRTMAX-2"].map(parseSignal)).toEqual([9, 15, 1, 9, 35, 62]);
    for (const bad of ["NOPE", "", "0", "RTMIN+99"]) expect(() => parseSignal(bad)).toThrow(`invalid signal: ${bad}`);
    for (const number of ["32", "65", "-1"])
      expect(() => parseSignal(number)).toThrow(`the linux daemon does not support signal ${number}`);
  });
});
