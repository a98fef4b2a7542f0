import type { StartSpec, Stdio } from "../guest/guest.ts";
import type { Op } from "../guest/ops.ts";
import type { RuntimeSpec, SpecNamespaceType, SpecProcess } from "../oci/runtime-spec.ts";
import { ancestorOps, cgroupDirectory, deviceRuleOps, resourceOps } from "./cgroup.ts";
import { CLONE } from "./linux.ts";
import { protectionOps, rootOps } from "./mount-ops.ts";
import { parseMountOptions } from "./mount-options.ts";
import { processOps, workingDirectoryOp } from "./process-ops.ts";
import type { TaskRequest, TaskStdio } from "./runtime.ts";

/** An OCI spec as the agent understands it. */
export interface CompiledTask {
  /** Must have happened before the process is born: it is born in its cgroup. */
  readonly before: readonly Op[];
  readonly start: StartSpec;
}

const CLONE_FLAGS: Readonly<Record<SpecNamespaceType, number>> = {
  pid: CLONE.NEWPID,
  network: CLONE.NEWNET,
  mount: CLONE.NEWNS,
  ipc: CLONE.NEWIPC,
  uts: CLONE.NEWUTS,
  cgroup: CLONE.NEWCGROUP,
};

/** Entered by the process itself: its mounts must contain the overlay that the agent makes after its birth, its cgroup must be its own. */
const UNSHARED: readonly SpecNamespaceType[] = ["mount", "cgroup"];

const DOCKERENV_MODE = 0o755;
/** O_WRONLY | O_CREAT: not emptied when it is there. */
const O_TOUCH = 0o101;

/**
 * Everything that starting a container takes, as two lists of operations: the machine's side, and the process's own. `controllers`:
 * those of the kernel, for a cgroup parent of the container's own choice.
 */
export function compileTask(request: TaskRequest, controllers = ""): CompiledTask {
  const { spec, rootfs, files, networkOps, shm } = request;
  const { linux, process } = spec;
  const cgroup = cgroupDirectory(linux);
  const resources = linux.resources ?? {};
  const namespaces = compileNamespaces(spec);
  return {
    before: [...ancestorOps(cgroup, controllers), { op: "mkdir", path: cgroup }],
    start: {
      ...namespaces.start,
      cgroup,
      parentOps: [
        ...resourceOps(cgroup, resources),
        ...deviceRuleOps(cgroup, resources),
        ...overlayOps(rootfs),
        ...fileOps(files),
        ...(shm === undefined ? [] : shmOps(shm)),
        ...networkOps,
      ],
      childOps: [
        ...namespaces.childOps,
        ...rootOps(spec),
        ...(spec.hostname === undefined ? [] : [{ op: "hostname", name: spec.hostname } as const]),
        ...(spec.domainname === undefined ? [] : [{ op: "domainname", name: spec.domainname } as const]),
        workingDirectoryOp(process.cwd, true),
        ...protectionOps(spec),
        ...processOps(process, linux.seccomp),
      ],
      stdio: compileStdio(request.stdio),
    },
  };
}

/** A second process in the container whose first is `pid`. */
export function compileExec(spec: RuntimeSpec, pid: number, process: SpecProcess, stdio: TaskStdio): StartSpec {
  const flags = Object.values(CLONE_FLAGS).reduce((all, flag) => all | flag, 0);
  return {
    join: { pid, flags },
    cgroup: cgroupDirectory(spec.linux),
    childOps: [workingDirectoryOp(process.cwd, false), ...processOps(process, spec.linux.seccomp)],
    stdio: compileStdio(stdio),
  };
}

/**
 * New namespaces are cloned into; of those of other containers, one process's are entered before the birth (that is the only way into
 * a pid namespace), the rest by the process itself.
 */
function compileNamespaces({ linux }: RuntimeSpec): {
  start: Pick<StartSpec, "cloneFlags" | "join">;
  childOps: readonly Op[];
} {
  const joined = linux.namespaces.flatMap(({ type, path }) =>
    path === undefined ? [] : [{ type, path, pid: pidOfPath(path) }],
  );
  const fresh = linux.namespaces.filter(({ path }) => path === undefined).map(({ type }) => type);
  const flagsOf = (types: readonly SpecNamespaceType[]): number =>
    types.reduce((flags, type) => flags | CLONE_FLAGS[type], 0);
  const door = (joined.find(({ type }) => type === "pid") ?? joined[0])?.pid;
  const throughDoor = joined.filter(({ pid }) => pid === door).map(({ type }) => type);
  const unshared = flagsOf(fresh.filter((type) => UNSHARED.includes(type)));
  return {
    start: {
      cloneFlags: flagsOf(fresh.filter((type) => !UNSHARED.includes(type))),
      ...(door !== undefined && { join: { pid: door, flags: flagsOf(throughDoor) } }),
    },
    childOps: [
      ...joined
        .filter(({ pid }) => pid !== door)
        .map(({ type, path }): Op => ({ op: "setns", path, flags: CLONE_FLAGS[type] })),
      ...(unshared === 0 ? [] : [{ op: "unshare", flags: unshared } as const]),
    ],
  };
}

function pidOfPath(path: string): number {
  const pid = /^\/proc\/(\d+)\/ns\//.exec(path)?.[1];
  if (pid === undefined) throw new Error(`not a process's namespace: ${path}`);
  return Number(pid);
}

/** The directories are the snapshotter's. */
function overlayOps({ target, upper, data }: TaskRequest["rootfs"]): readonly Op[] {
  return [
    // Programs look for it to learn that they are in a container.
    { op: "write", path: `${upper}/.dockerenv`, data: "", flags: O_TOUCH, mode: DOCKERENV_MODE },
    { op: "mount", source: "overlay", target, type: "overlay", data },
  ];
}

function shmOps({ path, options }: NonNullable<TaskRequest["shm"]>): readonly Op[] {
  const { flags, data } = parseMountOptions(options);
  return [
    { op: "mkdir", path, parents: true },
    { op: "mount", source: "shm", target: path, type: "tmpfs", flags, data },
  ];
}

function fileOps(files: TaskRequest["files"]): readonly Op[] {
  const directories = new Set(files.map(({ path }) => path.slice(0, path.lastIndexOf("/"))));
  return [
    ...[...directories].map((path): Op => ({ op: "mkdir", path, parents: true })),
    ...files.map(({ path, content, mode }): Op => ({
      op: "write",
      path,
      data: content,
      ...(mode !== undefined && { mode }),
    })),
  ];
}

function compileStdio(stdio: TaskStdio): Stdio {
  return stdio.mode === "pty" ? stdio : { mode: "pipes", stdin: stdio.stdin, stdout: true, stderr: true };
}
