import { describe, expect, it } from "vitest";
import { parseProcess } from "../runtime/process-list.ts";
import { formatProcesses } from "./list-processes.ts";
import { request, testEngine } from "./testing.ts";

const STAT = "42 (my (odd) name) S 1 42 42 34817 42 4194560 100 0 0 0 150 50 0 0 20 0 1 0 12345 2000896 300 4294967295";
const STATUS = "Name:\tmy (odd) name\nUid:\t33\t33\t33\t33\n";

describe("a process", () => {
  it("is read from /proc, whatever its name", () => {
    expect(parseProcess(STAT, STATUS, "httpd\0-f\0")).toEqual({
      pid: 42,
      parentPid: 1,
      uid: 33,
      name: "my (odd) name",
      state: "S",
      command: "httpd -f",
      terminal: "pts/1",
      cpuMs: 2000,
      startedMs: 123_450,
      virtualBytes: 2_000_896,
      residentBytes: 300 * 4096,
    });
    expect(parseProcess(STAT, STATUS, "").command).toBe("[my (odd) name]");
  });
});

describe("docker top", () => {
  const process = parseProcess(STAT, STATUS, "httpd\0-f\0");
  const context = {
    database: { passwd: "root:x:0:0::/:\nwww:x:33:33::/:\n", group: "" },
    bootedMs: Date.UTC(2026, 0, 1, 10, 0),
  };
  const table = (psArguments: string) => formatProcesses([process], psArguments, context);

  it("is ps -ef unless told otherwise", () => {
    expect(table("-ef")).toEqual({
      titles: ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
      processes: [["www", "42", "1", "0", "10:02", "pts/1", "00:00:02", "httpd -f"]],
    });
    expect(table("")).toEqual(table("-ef"));
  });

  it("knows aux and chosen columns", () => {
    expect(table("aux").titles).toEqual([
      "USER",
      "PID",
      "%CPU",
      "%MEM",
      "VSZ",
      "RSS",
      "TTY",
      "STAT",
      "START",
      "TIME",
      "COMMAND",
    ]);
    expect(table("-o pid,comm")).toEqual({ titles: ["PID", "COMMAND"], processes: [["42", "my (odd) name"]] });
    expect(table("-eo pid,user=WHO")).toEqual({ titles: ["PID", "WHO"], processes: [["42", "www"]] });
    expect(() => table("-o comm")).toThrow("Couldn't find PID field in ps output");
    expect(() => table("-o nope")).toThrow('unknown user-defined format specifier "nope"');
  });

  it("knows root by its name", () => {
    const roots = parseProcess(STAT, "Name:\tinit\nUid:\t0\t0\t0\t0\n", "");
    expect(formatProcesses([roots], "-o pid,user", context).processes).toEqual([["42", "root"]]);
  });

  it("needs a running container", async () => {
    const { containers } = testEngine();
    const { container } = await containers.create(request(["sleep"], { name: "c1" }));
    await expect(containers.top("c1", "-ef")).rejects.toThrow(`container ${container.id} is not running`);
    await containers.start("c1");
    expect((await containers.top("c1", "-ef")).processes).toHaveLength(1);
  });
});
