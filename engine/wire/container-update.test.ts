import { describe, expect, it } from "vitest";
import { parseUpdateBody } from "./container-update.ts";

describe("the body of an update", () => {
  it("has limits and a restart policy, and may be empty", () => {
    const text = '{"Memory":1,"PidsLimit":0,"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":2}}';
    expect(parseUpdateBody(text, "1.50")).toMatchObject({
      resources: { memoryBytes: 1 },
      hasPidsLimit: true,
      restartPolicy: { name: "on-failure", maximumRetryCount: 2 },
    });
    expect(parseUpdateBody("", "1.50")).toMatchObject({ hasPidsLimit: false });
    expect(parseUpdateBody("", "1.50")).not.toHaveProperty("restartPolicy");
  });

  it("of a client of before 1.40 changes no limit on processes", () => {
    expect(parseUpdateBody('{"PidsLimit":5}', "1.39")).toMatchObject({ hasPidsLimit: false });
  });

  it.each([
    ['{"Memory":"x"}', "json: cannot unmarshal string into Go struct field UpdateConfig.Memory of type int64"],
    ['{"RestartPolicy":{"Name":"foo"}}', "invalid restart policy: unknown policy 'foo'"],
    ['{"RestartPolicy":{"Name":"always","MaximumRetryCount":1}}', "maximum retry count can only be used with"],
  ])("%s is refused", (text, message) => {
    expect(() => parseUpdateBody(text, "1.50")).toThrow(message);
  });
});
