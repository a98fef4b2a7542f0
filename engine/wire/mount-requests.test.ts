import { describe, expect, it } from "vitest";
import { readFields } from "./json.ts";
import { mountRequestsFrom, mountsAsOfVersion, toWireMountRequests } from "./mount-requests.ts";

const roundTrip = (mounts: unknown): unknown =>
  toWireMountRequests(mountRequestsFrom(readFields({ Mounts: mounts }, "HostConfig")));

describe("HostConfig.Mounts", () => {
  it("is shown as it came, without what is empty", () => {
    const mounts = [
      {
        Type: "bind",
        Source: "/a",
        Target: "/b",
        ReadOnly: true,
        Consistency: "cached",
        BindOptions: { Propagation: "rslave", NonRecursive: true, ReadOnlyForceRecursive: true },
      },
      {
        Type: "volume",
        Source: "data",
        Target: "/c",
        VolumeOptions: {
          NoCopy: true,
          Labels: { a: "b" },
          Subpath: "sub",
          DriverConfig: { Name: "local", Options: { device: "x", type: "tmpfs" } },
        },
      },
      { Type: "tmpfs", Target: "/d", TmpfsOptions: { SizeBytes: 1, Mode: 448, Options: [["exec"]] } },
      { Type: "image", Source: "busybox", Target: "/e", ImageOptions: { Subpath: "bin" } },
    ];
    expect(roundTrip(mounts)).toEqual(mounts);
    expect(roundTrip([{ Target: "/a", BindOptions: {}, ReadOnly: false }])).toEqual([
      { Target: "/a", BindOptions: {} },
    ]);
    expect(roundTrip(null)).toEqual([]);
  });

  it("writes maps in Go's order", () => {
    const volume = { Type: "volume", Target: "/a", VolumeOptions: { Labels: { b: "1", a: "2" } } };
    expect(JSON.stringify(roundTrip([volume]))).toContain('{"a":"2","b":"1"}');
  });

  it("is read as the client's version of the API has it", () => {
    const read = (version: string, mount: object): unknown =>
      toWireMountRequests(mountsAsOfVersion(mountRequestsFrom(readFields({ Mounts: [mount] }, "HostConfig")), version));
    const bind = { Type: "bind", Target: "/a", BindOptions: { NonRecursive: true, CreateMountpoint: true } };
    expect(read("1.39", bind)).toMatchObject([{ BindOptions: { ReadOnlyNonRecursive: true } }]);
    expect(read("1.43", bind)).toEqual([
      { ...bind, BindOptions: { NonRecursive: true, CreateMountpoint: true, ReadOnlyNonRecursive: true } },
    ]);
    expect(read("1.44", bind)).toEqual([bind]);
    expect(read("1.41", { Type: "tmpfs", Target: "/a", VolumeOptions: {} })).toEqual([{ Type: "tmpfs", Target: "/a" }]);
    expect(() => read("1.47", { Type: "image", Target: "/a" })).toThrow('Mount type "Image" needs API v1.48 or newer');
    expect(() => read("1.44", { Type: "volume", Target: "/a", VolumeOptions: { Subpath: "x" } })).toThrow(
      "VolumeOptions.Subpath needs API v1.45 or newer",
    );
    expect(() => read("1.43", { Type: "bind", Target: "/a", BindOptions: { ReadOnlyForceRecursive: true } })).toThrow(
      "BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer",
    );
  });

  it("must be a list of objects", () => {
    expect(() => roundTrip(["x"])).toThrow("invalid JSON");
    expect(() => roundTrip({ Type: "bind" })).toThrow("invalid JSON");
  });
});
