import { describe, expect, test } from "vitest";
import { parseMountOption, parseRunMount } from "./parse-run-mount.ts";

const same = (word: string): string => word;

describe("A mount of RUN", () => {
  test.each([
    ["target=/a", { type: "bind", target: "/a", readonly: true }],
    ["type=bind,from=b,src=/c,dst=/a,rw", { type: "bind", from: "b", source: "/c", target: "/a", readonly: false }],
    ["TYPE=Cache,Destination=/a,Sharing=LOCKED", { type: "cache", target: "/a", sharing: "locked", readonly: false }],
    [
      "type=cache,id=x,target=/a,mode=0750,uid=1,gid=2,ro=t",
      { type: "cache", id: "x", target: "/a", mode: 0o750, uid: 1, gid: 2, readonly: true },
    ],
    ["type=tmpfs,target=/a,size=1.5MiB", { type: "tmpfs", target: "/a", sizeBytes: 1_572_864, readonly: false }],
    ["type=secret,id=x,env=X,required", { type: "secret", id: "x", env: "X", required: true, readonly: true }],
    ["type=ssh,required=false,mode=0600", { type: "ssh", required: false, mode: 0o600, readonly: true }],
    ['type=cache,"target=/a,""b"""', { type: "cache", target: '/a,"b"', readonly: false }],
    ["type=bind,target=/a,readwrite=0", { type: "bind", target: "/a", readonly: true }],
  ])("%s", (text, mount) => {
    expect(parseRunMount(text, same)).toEqual(mount);
  });

  test("has variables in the values of its keys", () => {
    const expand = (word: string): string => word.replace("$T", "cache");
    expect(parseRunMount("type=$T,target=/$T", expand)).toMatchObject({ type: "cache", target: "/cache" });
    expect(parseMountOption("type=$T,from=stage")).toEqual({ text: "type=$T,from=stage", from: "stage" });
  });

  test("knows what it needs only in the order it is written", () => {
    expect(() => parseRunMount("required,type=secret,id=a", same)).toThrow(
      "unexpected key 'required' for mount type 'bind'",
    );
  });
});
