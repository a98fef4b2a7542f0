import { decodeUtf8 } from "../base/streams.ts";
import { type Guest, GuestError } from "../guest/guest.ts";
import type { ProcessInfo } from "./runtime.ts";

const PAGE_BYTES = 4096;
/** USER_HZ: the unit of times in /proc. */
const TICK_MS = 10;

/** The processes of a cgroup, by pid: two requests to the guest. One that ends between them is left out. */
export async function readProcesses(guest: Guest, cgroup: string): Promise<readonly ProcessInfo[]> {
  const [list = new Uint8Array()] = await guest.run([{ op: "read", path: `${cgroup}/cgroup.procs` }]);
  const pids = decodeUtf8(list)
    .split("\n")
    .filter((line) => line !== "")
    .map(Number)
    .toSorted((a, b) => a - b);
  const found = await Promise.all(pids.map((pid) => readProcess(guest, pid)));
  return found.filter((process) => process !== undefined);
}

async function readProcess(guest: Guest, pid: number): Promise<ProcessInfo | undefined> {
  try {
    const [stat, status, cmdline] = await guest.run(
      ["stat", "status", "cmdline"].map((file) => ({ op: "read" as const, path: `/proc/${pid}/${file}` })),
    );
    return parseProcess(
      decodeUtf8(stat as Uint8Array),
      decodeUtf8(status as Uint8Array),
      decodeUtf8(cmdline as Uint8Array),
    );
  } catch (error) {
    if (error instanceof GuestError) return undefined;
    throw error;
  }
}

/** proc_pid_stat(5): the name stands in parentheses and may contain anything. */
export function parseProcess(stat: string, status: string, cmdline: string): ProcessInfo {
  const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Field 3 (state) is the first here.
  const number = (field: number): number => Number(fields[field - 3] ?? 0);
  const words = cmdline.split("\0").filter((word) => word !== "");
  return {
    pid: Number(stat.split(" ", 1)[0]),
    parentPid: number(4),
    uid: Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? 0),
    name,
    state: fields[0] ?? "?",
    command: words.length === 0 ? `[${name}]` : words.join(" "),
    terminal: terminalName(number(7)),
    cpuMs: (number(14) + number(15)) * TICK_MS,
    startedMs: number(22) * TICK_MS,
    virtualBytes: number(23),
    residentBytes: number(24) * PAGE_BYTES,
  };
}

/** Of `tty_nr`: minor in bits 31–20 and 7–0, major in 15–8. */
function terminalName(number: number): string {
  const major = (number >> 8) & 0xff;
  const minor = (number & 0xff) | ((number >> 12) & 0xfff00);
  return major >= 136 && major <= 143 ? `pts/${minor + (major - 136) * 256}` : "?";
}
