import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toWireConfig } from "./container-config.ts";
import { parseCreateBody } from "./container-create.ts";
import { toWireHostConfig } from "./host-config.ts";
import type { ConfigModel, HostModel } from "./model.ts";

/** The names of the specification's fields, version 1.50. */
const FIELDS = JSON.parse(
  readFileSync(join(import.meta.dirname, "testdata/container-fields.json"), "utf8"),
) as Readonly<Record<"ContainerConfig" | "HostConfig" | "Resources", readonly string[]>>;

const page = readFileSync(join(import.meta.dirname, "../../docs/container-settings.md"), "utf8");
const rows = [...page.matchAll(/^\| `(\w+)` +\| (\S.*\S) +\|$/gm)].map(([, name = "", text = ""]) => ({ name, text }));

describe("docs/container-settings.md", () => {
  it("says of every field of the specification what it does here", () => {
    expect(rows.map(({ name }) => name)).toEqual(Object.values(FIELDS).flat());
    expect(rows.filter(({ text }) => text.length < 10)).toEqual([]);
  });
});

describe("inspect", () => {
  const { config, host } = parseCreateBody(
    JSON.stringify({
      Image: "busybox",
      Domainname: "d",
      Shell: ["sh"],
      OnBuild: ["RUN x"],
      ArgsEscaped: true,
      NetworkDisabled: true,
      HostConfig: {
        Annotations: { a: "b" },
        CgroupParent: "/p",
        CgroupnsMode: "host",
        OomScoreAdj: 5,
        UsernsMode: "host",
        Isolation: "default",
        Runtime: "runc",
        Init: false,
        MaskedPaths: [],
        ReadonlyPaths: ["/x"],
        Ulimits: [],
        BlkioWeight: 300,
        BlkioDeviceReadBps: [
          {
            Path: "/dev/a",
            Rate: 5,
          },
        ],
        CpusetMems: "0",
        CapAdd: [],
        BlkioWeightDevice: [
          {
            Path: "/dev/a",
            Weight: 20,
          },
        ],
        Devices: [
          {
            PathOnHost: "/dev/a",
            PathInContainer: "/dev/b",
            CgroupPermissions: "r",
          },
        ],
        DeviceCgroupRules: ["c 1:3 r"],
        DeviceRequests: [
          {
            Driver: "x",
            Count: 1,
            Capabilities: [["gpu"]],
          },
        ],
      },
    }),
  );
  const whole = {
    binds: [],
    portBindings: [],
    dns: [],
    extraHosts: [],
    restartPolicy: { name: "no" },
    tmpfs: {},
    sysctls: {},
    logConfig: {
      type: "json-file",
      options: {},
    },
    ...host,
  };
  const shown = toWireHostConfig(whole as unknown as HostModel);

  it("shows a HostConfig as it came: lists that were not set are null, those that came empty are empty", () => {
    expect(shown).toMatchObject({
      Annotations: { a: "b" },
      CgroupParent: "/p",
      CgroupnsMode: "host",
      OomScoreAdj: 5,
      UsernsMode: "host",
      Isolation: "default",
      Runtime: "runc",
      Init: false,
      MaskedPaths: [],
      ReadonlyPaths: ["/x"],
      Ulimits: [],
      BlkioWeight: 300,
      BlkioDeviceReadBps: [
        {
          Path: "/dev/a",
          Rate: 5,
        },
      ],
      CpusetMems: "0",
      CapAdd: [],
      BlkioDeviceWriteBps: null,
      CapDrop: null,
      Binds: null,
      PortBindings: null,
      BlkioWeightDevice: [
        {
          Path: "/dev/a",
          Weight: 20,
        },
      ],
      Devices: [
        {
          PathOnHost: "/dev/a",
          PathInContainer: "/dev/b",
          CgroupPermissions: "r",
        },
      ],
      DeviceCgroupRules: ["c 1:3 r"],
      DeviceRequests: [
        {
          Driver: "x",
          Count: 1,
          DeviceIDs: null,
          Capabilities: [["gpu"]],
          Options: null,
        },
      ],
    });
  });

  it("has every field of the specification that Docker always shows", () => {
    const rare = new Set(["Mounts", "Tmpfs", "StorageOpt", "Sysctls", "KernelMemoryTCP", "Annotations", "Init"]);
    const wanted = [...FIELDS.HostConfig, ...FIELDS.Resources].filter((name) => !rare.has(name));
    expect(wanted.filter((name) => !(name in shown))).toEqual([]);
  });

  it("shows a Config as it came", () => {
    const lists = { exposedPorts: [], env: [], cmd: ["true"], entrypoint: [], volumes: [] };
    const model = { ...config, ...lists, stopSignal: "", labels: {} };
    expect(toWireConfig(model as unknown as ConfigModel, "busybox")).toMatchObject({
      Domainname: "d",
      Shell: ["sh"],
      OnBuild: ["RUN x"],
      ArgsEscaped: true,
      NetworkDisabled: true,
      Cmd: ["true"],
      Entrypoint: null,
      Env: null,
      Volumes: null,
    });
  });

  it("knows what fields meant to older clients", () => {
    const old = (version: string, host: object): Partial<HostModel> =>
      parseCreateBody(JSON.stringify({ Image: "x", HostConfig: host }), version).host;
    expect(old("1.24", { AutoRemove: true }).autoRemove).toBe(false);
    expect([old("1.39", {}).ipcMode, old("1.40", {}).ipcMode]).toEqual(["shareable", undefined]);
    expect([
      old("1.41", { ConsoleSize: [1, 2] }).consoleSize,
      old("1.42", { ConsoleSize: [1, 2] }).consoleSize,
    ]).toEqual([undefined, [1, 2]]);
    expect([
      old("1.42", { Annotations: { a: "b" } }).annotations,
      old("1.43", { Annotations: { a: "b" } }).annotations,
    ]).toEqual([undefined, { a: "b" }]);
    expect(
      [old("1.41", { KernelMemory: 9 }), old("1.42", { KernelMemory: 9 })].map(
        ({ resources }) => resources?.kernelMemoryBytes,
      ),
    ).toEqual([9, undefined]);
  });
});
