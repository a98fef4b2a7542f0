import { describe, expect, it } from "vitest";
import type { ImageRunConfig } from "../oci/image-config.ts";
import { applyChanges } from "./config-changes.ts";
import { mergeRunConfigs } from "./merge-run-configs.ts";

const BASE: ImageRunConfig = { Env: ["PATH=/bin", "A=1"], Cmd: ["old"], WorkingDir: "/w", Labels: { l: "1" } };

describe("Dockerfile instructions that change a config", () => {
  it.each<[string, ImageRunConfig]>([
    ['CMD ["x","y"]', { Cmd: ["x", "y"] }],
    ["CMD echo $HOME", { Cmd: ["/bin/sh", "-c", "echo $HOME"] }],
    ["cmd [not json", { Cmd: ["/bin/sh", "-c", "[not json"] }],
    ['ENTRYPOINT ["e"]', { Entrypoint: ["e"], Cmd: null }],
    ["ENV B=2 A=$A$PATH", { Env: ["PATH=/bin", "A=1/bin", "B=2"] }],
    ["ENV B the rest of it", { Env: ["PATH=/bin", "A=1", "B=the rest of it"] }],
    ['ENV B="a b" C=\'$A\' D=a\\ b E="\\$A"', { Env: ["PATH=/bin", "A=1", "B=a b", "C=$A", "D=a b", "E=$A"] }],
    ["ENV B=${A:-no} C=${X:-yes} D=${A:+set}", { Env: ["PATH=/bin", "A=1", "B=1", "C=yes", "D=set"] }],
    ["EXPOSE 80 53/udp 8000-8002", { ExposedPorts: ports("80/tcp", "53/udp", "8000/tcp", "8001/tcp", "8002/tcp") }],
    ['LABEL l=2 "a b"="c d"', { Labels: { l: "2", "a b": "c d" } }],
    ["ONBUILD RUN x", { OnBuild: ["RUN x"] }],
    ["STOPSIGNAL SIGQUIT", { StopSignal: "SIGQUIT" }],
    ["USER 7:8", { User: "7:8" }],
    ['VOLUME ["/a","/b c"]', { Volumes: { "/a": {}, "/b c": {} } }],
    ["VOLUME /a /b", { Volumes: { "/a": {}, "/b": {} } }],
    ["WORKDIR sub/../x", { WorkingDir: "/w/x" }],
    ["WORKDIR /abs", { WorkingDir: "/abs" }],
    ["HEALTHCHECK NONE", { Healthcheck: { Test: ["NONE"] } }],
    [
      "HEALTHCHECK --interval=1m30s --retries=2 CMD curl x",
      { Healthcheck: { Test: ["CMD-SHELL", "curl x"], Interval: 90e9, Retries: 2 } },
    ],
    ['HEALTHCHECK CMD ["a"]', { Healthcheck: { Test: ["CMD", "a"] } }],
    ["# a comment\nUSER \\\n  me", { User: "me" }],
  ])("%s", (text, changed) => {
    expect(applyChanges(BASE, [text])).toEqual({ ...BASE, ...changed });
  });

  it("keep a command that stands beside a new entrypoint", () => {
    const { Cmd, Entrypoint } = applyChanges(BASE, ['CMD ["c"]', 'ENTRYPOINT ["e"]']);
    expect({ Cmd, Entrypoint }).toEqual({ Cmd: ["c"], Entrypoint: ["e"] });
  });

  it.each([
    ["FOO x", "FOO is not a valid change command"],
    ["RUN x", "RUN is not a valid change command"],
    ["__proto__ x", "__proto__ is not a valid change command"],
    ["ENV", "ENV requires at least one argument"],
    ["ENV A", "ENV must have two arguments"],
    ["ENV A=1 B", 'Syntax error - can\'t find = in "B". Must be of the form: name=value'],
    ["LABEL =x", "LABEL names can not be blank"],
    ["USER", "USER requires exactly one argument"],
    ["EXPOSE 99999", "invalid containerPort: 99999"],
    ["EXPOSE 80/icmp", "invalid proto: icmp"],
    ['VOLUME [""]', "VOLUME specified can not be an empty string"],
    ["ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"],
    ["ONBUILD ONBUILD x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
    ["HEALTHCHECK RUN x", 'Unknown type "RUN" in HEALTHCHECK (try CMD)'],
    ["HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"],
    ["HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"],
    ["HEALTHCHECK --interval=5 CMD x", 'time: missing unit in duration "5"'],
    ["HEALTHCHECK --interval=1us CMD x", 'Interval "interval" cannot be less than 1ms'],
    ["HEALTHCHECK --nope=1 CMD x", "unknown flag: --nope"],
    ["ENV A=${B:?no}", 'failed to process "${B:?no}": B: no'],
    ['WORKDIR ""', "cannot normalize nothing"],
    ["# nothing", "file with no instructions"],
  ])("%s is refused", (text, message) => {
    expect(() => applyChanges(BASE, [text])).toThrow(message);
  });
});

describe("a config over another", () => {
  it("fills what is open, and lets an entrypoint drop the other's command", () => {
    const base: ImageRunConfig = { ...BASE, Entrypoint: ["old-e"], ExposedPorts: ports("80/tcp"), User: "me" };
    expect(mergeRunConfigs({}, base)).toMatchObject({ ...base, Volumes: null });
    expect(mergeRunConfigs({ Entrypoint: ["e"], Env: ["A=2"], ExposedPorts: ports("81/tcp") }, base)).toMatchObject({
      Entrypoint: ["e"],
      Cmd: null,
      Env: ["A=2", "PATH=/bin"],
      ExposedPorts: ports("80/tcp", "81/tcp"),
      User: "me",
    });
    expect(mergeRunConfigs({ Cmd: ["c"] }, base)).toMatchObject({ Cmd: ["c"], Entrypoint: ["old-e"] });
  });

  it("merges a health check field by field", () => {
    const { Healthcheck } = mergeRunConfigs(
      { Healthcheck: { Test: [], Interval: 5, Retries: 0 } },
      { Healthcheck: { Test: ["CMD", "x"], Interval: 9, Retries: 3 } },
    );
    expect(Healthcheck).toEqual({ Test: ["CMD", "x"], Interval: 5, Retries: 3 });
  });
});

function ports(...names: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}
