import { EngineError } from "../base/errors.ts";
import type { ProcessInfo, UserDatabase } from "../runtime/runtime.ts";

export interface ProcessTable {
  readonly titles: readonly string[];
  readonly processes: readonly (readonly string[])[];
}

interface Column {
  readonly title: string;
  value(process: ProcessInfo, context: TableContext): string;
}

interface TableContext {
  readonly userName: (uid: number) => string;
  /** When the machine came up, milliseconds since 1970. */
  readonly bootedMs: number;
}

const pad = (value: number): string => String(value).padStart(2, "0");

/** `00:01:40` */
function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(pad).join(":");
}

function startTime({ startedMs }: ProcessInfo, { bootedMs }: TableContext): string {
  const date = new Date(bootedMs + startedMs);
  return `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}`;
}

/** Columns of ps(1) by the names that `-o` takes. */
const COLUMNS: Readonly<Record<string, Column>> = {
  pid: { title: "PID", value: ({ pid }) => String(pid) },
  ppid: { title: "PPID", value: ({ parentPid }) => String(parentPid) },
  uid: { title: "UID", value: ({ uid }) => String(uid) },
  user: { title: "USER", value: ({ uid }, { userName }) => userName(uid) },
  comm: { title: "COMMAND", value: ({ name }) => name },
  cmd: { title: "CMD", value: ({ command }) => command },
  args: { title: "COMMAND", value: ({ command }) => command },
  command: { title: "COMMAND", value: ({ command }) => command },
  c: { title: "C", value: () => "0" },
  "%cpu": { title: "%CPU", value: () => "0.0" },
  "%mem": { title: "%MEM", value: () => "0.0" },
  vsz: { title: "VSZ", value: ({ virtualBytes }) => String(virtualBytes >> 10) },
  rss: { title: "RSS", value: ({ residentBytes }) => String(residentBytes >> 10) },
  stat: { title: "STAT", value: ({ state }) => state },
  state: { title: "S", value: ({ state }) => state },
  s: { title: "S", value: ({ state }) => state },
  tty: { title: "TTY", value: ({ terminal }) => terminal },
  stime: { title: "STIME", value: startTime },
  start: { title: "START", value: startTime },
  time: { title: "TIME", value: ({ cpuMs }) => duration(cpuMs) },
  etime: { title: "ELAPSED", value: ({ startedMs }, { bootedMs }) => duration(Date.now() - bootedMs - startedMs) },
};

const FULL: readonly Column[] = [
  { title: "UID", value: ({ uid }, { userName }) => userName(uid) },
  ...named("pid", "ppid", "c", "stime", "tty", "time", "cmd"),
];
const AUX: readonly Column[] = named(
  "user",
  "pid",
  "%cpu",
  "%mem",
  "vsz",
  "rss",
  "tty",
  "stat",
  "start",
  "time",
  "command",
);
const PLAIN: readonly Column[] = named("pid", "tty", "time", "cmd");

/** `docker top` with the arguments of ps: `-ef` unless told otherwise. @throws EngineError invalid-argument */
export function formatProcesses(
  processes: readonly ProcessInfo[],
  psArguments: string,
  context: { database: UserDatabase; bootedMs: number },
): ProcessTable {
  const columns = chooseColumns(psArguments);
  if (!columns.some(({ title }) => title === "PID"))
    throw new EngineError("internal", "Couldn't find PID field in ps output");
  const names = new Map(
    context.database.passwd
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(":"))
      .map(([name = "", , uid = ""]) => [Number(uid), name]),
  );
  const table = { userName: (uid: number): string => names.get(uid) ?? String(uid), bootedMs: context.bootedMs };
  return {
    titles: columns.map(({ title }) => title),
    processes: processes.map((process) => columns.map((column) => column.value(process, table))),
  };
}

function chooseColumns(psArguments: string): readonly Column[] {
  const words = psArguments.split(/\s+/).filter((word) => word !== "");
  const output = words.findIndex((word) => /^-?\w*o/.test(word) || word.startsWith("--format"));
  if (output >= 0) {
    const attached = /^-?\w*?o(.+)$/.exec(words[output] ?? "")?.[1];
    const list = attached ?? words.slice(output + 1).join(",");
    return named(...list.split(",").filter((name) => name !== "" && !name.startsWith("-")));
  }
  if (words.some((word) => /^-?\w*u\w*$/.test(word) || word === "aux")) return AUX;
  return words.length === 0 || words.some((word) => word.includes("f")) ? FULL : PLAIN;
}

function named(...names: readonly string[]): readonly Column[] {
  return names.map((given) => {
    const [name = "", title] = given.split("=", 2);
    const column = COLUMNS[name.toLowerCase()];
    if (column === undefined)
      throw new EngineError("internal", `ps: error: unknown user-defined format specifier "${name}"`);
    return title === undefined || title === "" ? column : { ...column, title };
  });
}
