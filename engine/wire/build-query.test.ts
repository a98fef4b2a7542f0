import { describe, expect, it } from "vitest";
import { isKind } from "../base/errors.ts";
import { parseBuildQuery } from "./build-query.ts";

const parse = (query: string): ReturnType<typeof parseBuildQuery> =>
  parseBuildQuery(new URLSearchParams(query), "1.50");

describe("the query of POST /build", () => {
  it("is empty for the defaults of dockerd", () => {
    expect(parse("")).toEqual({
      version: "1",
      dockerfile: "",
      remote: "",
      quiet: false,
      noCache: false,
      pull: false,
      remove: true,
      tags: [],
      target: "",
      platform: "",
      networkMode: "",
      extraHosts: [],
      outputs: [],
      shmSizeBytes: 0,
      memoryBytes: 0,
      ulimits: [],
      buildArgs: new Map(),
      labels: new Map(),
      cacheFrom: [],
      buildId: "",
      session: "",
    });
  });

  it("carries lists, maps and names without a value", () => {
    const query = new URLSearchParams([
      ["t", "a:1"],
      ["t", "b"],
      ["buildargs", '{"A":"1","B":null}'],
      ["labels", '{"l":"x"}'],
      ["cachefrom", '["c"]'],
      ["ulimits", '[{"Name":"nofile","Soft":1,"Hard":2}]'],
      ["outputs", '[{"Type":"local","Attrs":{"dest":"d"}}]'],
      ["extrahosts", "h:1.2.3.4"],
      ["rm", "0"],
      ["version", "2"],
      ["shmsize", "1024"],
    ]);
    expect(parseBuildQuery(query, "1.50")).toMatchObject({
      tags: ["a:1", "b"],
      buildArgs: new Map([
        ["A", "1"],
        ["B", undefined],
      ]),
      labels: new Map([["l", "x"]]),
      cacheFrom: ["c"],
      ulimits: [{ name: "nofile", soft: 1, hard: 2 }],
      outputs: [{ type: "local", attributes: { dest: "d" } }],
      extraHosts: ["h:1.2.3.4"],
      remove: false,
      version: "2",
      shmSizeBytes: 1024,
    });
  });

  // What dockerd 28.5 answers.
  it.each([
    ["version=3", "invalid-argument", 'invalid version "3"'],
    ["shmsize=x", "internal", 'strconv.ParseInt: parsing "x": invalid syntax'],
    ["ulimits=x", "invalid-argument", "error reading ulimit settings: invalid character 'x' looking for beginning of value"], // prettier-ignore
    ["buildargs=x", "invalid-argument", "error reading build args: invalid character 'x' looking for beginning of value"], // prettier-ignore
    ["buildargs=[]", "invalid-argument", "error reading build args: json: cannot unmarshal array into Go value of type map[string]*string"], // prettier-ignore
    ['labels={"a":1}', "invalid-argument", "error reading labels: json: cannot unmarshal number into Go struct field .a of type string"], // prettier-ignore
    ["cachefrom=x", "invalid-argument", "error reading cache-from: invalid character 'x' looking for beginning of value"], // prettier-ignore
    ["outputs=x", "invalid-argument", "invalid outputs specified: invalid character 'x' looking for beginning of value"], // prettier-ignore
    ["squash=1", "invalid-argument", "squash is only supported with experimental mode"],
    ["isolation=x", "invalid-argument", 'unsupported isolation: "x"'],
    ["securityopt=x", "invalid-argument", "security options are not supported on linux"],
  ] as const)("%s is refused as %s", (query, kind, message) => {
    try {
      parse(query);
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).toBe(message);
      expect(isKind(error, kind)).toBe(true);
    }
  });
});
