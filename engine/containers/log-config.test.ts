import { describe, expect, it } from "vitest";
import type { Container } from "./container.ts";
import { logDetails, logLimits, openLog, validateLogConfig } from "./log-config.ts";
import { request, testEngine } from "./testing.ts";

const config = (
  type: string,
  options: Record<string, string> = {},
): { type: string; options: Record<string, string> } => ({
  type,
  options,
});

describe("a log configuration", () => {
  it.each<[string, Record<string, string>, string]>([
    ["foo", {}, 'error looking up logging plugin foo: plugin "foo" not found'],
    ["awslogs", {}, 'error looking up logging plugin awslogs: plugin "awslogs" not found'],
    ["json-file", { foo: "bar" }, "unknown log opt 'foo' for json-file log driver"],
    ["local", { labels: "a" }, "unknown log opt 'labels' for log driver local"],
    ["syslog", { foo: "bar" }, "unknown log opt 'foo' for syslog log driver"],
    ["json-file", { mode: "foo" }, "logger: logging mode not supported: foo"],
    [
      "json-file",
      { mode: "blocking", "max-buffer-size": "4m" },
      "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
    ],
    [
      "json-file",
      { mode: "non-blocking", "max-buffer-size": "x" },
      "error parsing option max-buffer-size: invalid size: 'x'",
    ],
  ])("%s %j is refused", (type, options, message) => {
    expect(() => validateLogConfig(config(type, options))).toThrow(message);
  });

  it.each<[string, Record<string, string>, string]>([
    ["json-file", { "max-size": "bar" }, "invalid size: 'bar'"],
    ["json-file", { "max-size": "-1" }, "invalid size: '-1'"],
    ["json-file", { "max-file": "x" }, 'strconv.Atoi: parsing "x": invalid syntax'],
    ["json-file", { "max-file": "0" }, "max-file cannot be less than 1"],
    ["json-file", { compress: "maybe" }, 'strconv.ParseBool: parsing "maybe": invalid syntax'],
    ["json-file", { compress: "true" }, "compress cannot be true when max-file is less than 2 or max-size is not set"],
    ["json-file", { tag: "{{.Bad" }, "template: log-tag:1: unclosed action"],
    ["json-file", { "env-regex": "(" }, "error parsing regexp: missing closing ): `(`"],
    ["local", { "max-size": "bar" }, "invalid value for max-size: bar: invalid size: 'bar'"],
    ["local", { "max-file": "1" }, "compression cannot be enabled when max file count is 1"],
    ["local", { compress: "x" }, 'error reading compress log option: strconv.ParseBool: parsing "x": invalid syntax'],
    ["syslog", {}, "Unix syslog delivery error"],
    ["journald", {}, "journald is not enabled on this host"],
  ])("%s %j keeps a container from starting", (type, options, message) => {
    expect(() => validateLogConfig(config(type, options))).not.toThrow();
    const words = "failed to create task for container: failed to initialize logging driver";
    expect(() => openLog(config(type, options))).toThrow(`${words}: ${message}`);
  });

  it.each<[string, Record<string, string>, number, number]>([
    ["json-file", {}, 16 << 20, 8],
    ["json-file", { "max-size": "1k" }, 1000, 1],
    ["json-file", { "max-size": "1.5M", "max-file": "3" }, 1_500_000, 3],
    ["json-file", { "max-size": "10kib" }, 10_000, 1],
    ["local", {}, 20_000_000, 5],
    ["none", {}, Infinity, 0],
  ])("%s %j keeps files of a size", (type, options, fileBytes, files) => {
    expect(logLimits(config(type, options))).toMatchObject({ fileBytes, files });
  });

  it("picks labels, variables and a tag for the details", async () => {
    const { containers } = testEngine();
    const options = { labels: "b", "labels-regex": "^x", env: "V,W", tag: "{{.Name}}/{{.ImageName}}" };
    const { container } = await containers.create(
      request(["sleep"], {
        name: "web",
        config: { labels: { a: "1", b: "2", xa: "a b&c" }, env: ["V=1=2", "U=3"] },
        host: { logConfig: { type: "json-file", options } },
      }),
    );
    expect(logDetails(container)).toBe("V=1%3D2,b=2,tag=web%2Fbusybox,xa=a+b%26c");
    const plain: Container = { ...container, host: { ...container.host, logConfig: config("json-file") } };
    expect(logDetails(plain)).toBe("");
  });
});
