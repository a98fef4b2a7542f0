import { describe, expect, it } from "vitest";
import type { RuntimeSpec, SpecNamespaceType } from "../oci/runtime-spec.ts";
import { checkSpec, sysctlPath } from "./check-spec.ts";

const ALL: readonly SpecNamespaceType[] = ["mount", "network", "uts", "pid", "ipc", "cgroup"];

function problemOf(
  sysctl: Record<string, string>,
  { without = "", ...rest }: { without?: string; domainname?: string } = {},
): string {
  const spec: RuntimeSpec = {
    ociVersion: "1.2.0",
    process: { terminal: false, user: { uid: 0, gid: 0 }, args: ["true"], env: [], cwd: "/" },
    root: { path: "/r" },
    mounts: [],
    linux: {
      namespaces: ALL.filter((type) => type !== without).map((type) => ({ type })),
      cgroupsPath: "/docker/x",
      sysctl,
    },
    ...rest,
  };
  try {
    checkSpec(spec);
    return "none";
  } catch (error) {
    return (error as Error).message.replace(/^.*runc create failed: /, "");
  }
}

describe("runc's checks", () => {
  it("let through what a namespace has of its own", () => {
    const own = {
      "kernel.shmmax": "1",
      "fs.mqueue.msg_max": "1",
      "net.ipv4.ip_forward": "1",
      "kernel.domainname": "x",
    };
    expect(problemOf(own, { domainname: "x" })).toBe("none");
  });

  it.each([
    ["kernel.foo", "", 'sysctl "kernel.foo" is not in a separate kernel namespace'],
    ["vm.swappiness", "", 'sysctl "vm.swappiness" is not in a separate kernel namespace'],
    ["kernel.hostname", "", 'sysctl "kernel.hostname" is not allowed as it conflicts with the OCI "hostname" field'],
    ["kernel.shmmax", "ipc", 'sysctl "kernel.shmmax" is not allowed in the hosts ipc namespace'],
    ["net.ipv4.ip_forward", "network", 'sysctl "net.ipv4.ip_forward" not allowed in host network namespace'],
    ["kernel.domainname", "uts", 'sysctl "kernel.domainname" is not in a separate kernel namespace'],
  ])("refuse %s without %s", (name, without, problem) => {
    expect(problemOf({ [name]: "1" }, { without })).toBe(problem);
  });

  it("refuse a domain name for the machine", () => {
    expect(problemOf({}, { without: "uts", domainname: "x" })).toBe(
      'sysctl "kernel.domainname" is not in a separate kernel namespace',
    );
  });
});

describe("a sysctl's file", () => {
  it("is named with dots, or with slashes for names that have dots", () => {
    expect(sysctlPath("net.ipv4.ip_forward")).toBe("/proc/sys/net/ipv4/ip_forward");
    expect(sysctlPath("net/ipv4/conf/eth0.100/rp_filter")).toBe("/proc/sys/net/ipv4/conf/eth0.100/rp_filter");
  });
});
