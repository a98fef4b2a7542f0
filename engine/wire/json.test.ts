import { describe, expect, it } from "vitest";
import { parseJson, readFields } from "./json.ts";

describe("readFields", () => {
  it("finds names in any case, and takes null and missing for the zero value", () => {
    const fields = readFields({ Cmd: ["a"], image: "x", Tty: null });
    expect(fields.strings("Cmd")).toEqual(["a"]);
    expect(fields.string("Image")).toBe("x");
    expect(fields.boolean("Tty")).toBe(false);
    expect(fields.integer("Memory")).toBe(0);
    expect(fields.strings("Env")).toBeUndefined();
    expect(fields.stringMap("Labels")).toEqual({});
    expect(fields.objects("Mounts")).toEqual([]);
  });

  it("takes a lone string for a list where Docker does", () => {
    expect(readFields({ Cmd: "ls" }).strings("Cmd", { orString: true })).toEqual(["ls"]);
  });

  it.each<[string, () => unknown]>([
    ["a.Memory must be an integer", () => readFields({ Memory: "1" }, "a").integer("Memory")],
    ["Memory must be an integer", () => readFields({ Memory: 1.5 }).integer("Memory")],
    ["Cmd must be a list of strings", () => readFields({ Cmd: [1] }).strings("Cmd")],
    ["Cmd must be a list of strings", () => readFields({ Cmd: "x" }).strings("Cmd")],
    ["Labels.a must be a string", () => readFields({ Labels: { a: 1 } }).stringMap("Labels")],
    ["Labels must be an object", () => readFields({ Labels: [] }).stringMap("Labels")],
    ["HostConfig must be an object", () => readFields({ HostConfig: "x" }).object("HostConfig")],
    ["Ulimits[0] must be an object", () => readFields({ Ulimits: [1] }).objects("Ulimits")],
    ["the body must be an object", () => readFields([])],
    ["Tty must be a boolean", () => readFields({ Tty: 1 }).boolean("Tty")],
  ])("says %s", (message, read) => {
    expect(read).toThrow(`invalid JSON: ${message}`);
  });

  it("names what is wrong with a body that is no JSON", () => {
    expect(() => parseJson("")).toThrow("invalid JSON: got EOF while reading request body");
    expect(() => parseJson("{")).toThrow(/^invalid JSON: /);
  });
});
