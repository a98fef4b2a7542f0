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
    ["string into Go struct field .a.Memory of type int64", () => readFields({ Memory: "1" }, "a").integer("Memory")],
    ["number 1.5 into Go struct field .Memory of type int64", () => readFields({ Memory: 1.5 }).integer("Memory")],
    ["number 70000 into Go struct field .W of type uint16", () => readFields({ W: 70_000 }).integer("W", "uint16")],
    ["number -1 into Go struct field .Rate of type uint64", () => readFields({ Rate: -1 }).integer("Rate", "uint64")],
    ["number into .Env.0 of type string", () => readFields({ Env: [1] }).strings("Env")],
    ["string into Go struct field .Env of type []string", () => readFields({ Env: "x" }).strings("Env")],
    ["number into Go value of type string", () => readFields({ Cmd: 1 }).strings("Cmd", { orString: true })],
    ["array into Go value of type string", () => readFields({ Cmd: [1] }).strings("Cmd", { orString: true })],
    [
      "number into Go struct field .Labels.a~1b of type string",
      () => readFields({ Labels: { "a/b": 1 } }).stringMap("Labels"),
    ],
    [
      "array into Go struct field .Labels of type map[string]string",
      () => readFields({ Labels: [] }).stringMap("Labels"),
    ],
    [
      "string into Go struct field .HostConfig of type container.HostConfig",
      () => readFields({ HostConfig: "x" }).object("HostConfig"),
    ],
    [
      "object into Go struct field .Ulimits of type []*units.Ulimit",
      () => readFields({ Ulimits: {} }).objects("Ulimits", "[]*units.Ulimit"),
    ],
    [
      "number into Go struct field .Ulimits.0 of type units.Ulimit",
      () => readFields({ Ulimits: [1] }).objects("Ulimits", "[]*units.Ulimit"),
    ],
    ["array into Go value of type container.CreateRequest", () => readFields([], "", "container.CreateRequest")],
    ["number into Go struct field .Tty of type bool", () => readFields({ Tty: 1 }).boolean("Tty")],
  ])("says what Go says: cannot unmarshal %s", (message, read) => {
    expect(read).toThrow(`invalid JSON: json: cannot unmarshal ${message}`);
  });

  it("names what is wrong with a body that is no JSON", () => {
    expect(() => parseJson("")).toThrow("invalid JSON: got EOF while reading request body");
    expect(() => parseJson("{")).toThrow("invalid JSON: unexpected EOF");
    expect(() => parseJson('{"a":x}')).toThrow("invalid JSON: invalid character 'x' looking for beginning of value");
    expect(() => parseJson("{a}")).toThrow(
      "invalid JSON: invalid character 'a' looking for beginning of object key string",
    );
    expect(() => parseJson("{} x")).toThrow("unexpected content after JSON");
  });
});

it("refuses what is nested deeper than Go's decoder goes, whole or cut off, and counts no brackets in strings", () => {
  for (const text of ["[".repeat(10_001), '{"a":'.repeat(20_000) + "1" + "}".repeat(20_000)])
    expect(() => parseJson(text)).toThrow("invalid JSON: exceeded max depth");
  expect(parseJson("[".repeat(10_000) + "]".repeat(10_000))).toHaveLength(1);
  expect(parseJson(JSON.stringify({ a: `\\"${"[{".repeat(10_000)}` }))).toHaveProperty("a");
});
