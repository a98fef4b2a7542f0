import { createId } from "../../containers/container-id.ts";
import { makeSpec } from "../../containers/container-spec.ts";
import type { Container } from "../../containers/container.ts";
import { completeHostConfig, mergeConfig } from "../../containers/merge-config.ts";
import type { RuntimeSpec, SpecMount } from "../../oci/runtime-spec.ts";
import type { Digest } from "../../oci/digest.ts";
import { formatResolvConf } from "../../network/resolv.ts";
import type { HostFile, Rootfs } from "../../runtime/runtime.ts";
import type { ResolvedUser } from "../../runtime/user.ts";
import type { BuildRequest } from "../build-request.ts";
import { SNAPSHOT_PREFIX } from "./lost-snapshots.ts";
import type { PlannedRun } from "../plan/build-plan.ts";

/** Settings of a build that every `RUN` of it has. */
export type RunSettings = Pick<BuildRequest, "extraHosts" | "shmSizeBytes" | "ulimits">;

/** BuildKit's name of the machine that a step sees. */
const HOSTNAME = "buildkitsandbox";
const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface RunProcess {
  readonly id: string;
  readonly step: PlannedRun;
  readonly settings: RunSettings;
  readonly rootfs: Rootfs;
  readonly user: ResolvedUser;
  readonly mounts: readonly SpecMount[];
  /** Of mounts: secrets, agents. */
  readonly env: readonly string[];
}

/** A fresh id of a process's sandbox. */
export function newRunId(): string {
  return createId();
}

/** A fresh key for the snapshot of a step or of a mount. */
export function newSnapshotKey(): string {
  return `${SNAPSHOT_PREFIX}${createId().slice(0, 32)}`;
}

/** The OCI spec of a `RUN`: a container of Docker's defaults, with BuildKit's environment and files. */
export function makeRunSpec(run: RunProcess, files: readonly RunFile[]): RuntimeSpec {
  const { id, step, settings, rootfs, user, mounts } = run;
  const container: Container = {
    ...NO_CONTAINER,
    id,
    config: mergeConfig({ cmd: step.args, workingDir: step.workingDirectory }, {}, HOSTNAME),
    host: completeHostConfig({
      networkMode: networkOf(step),
      shmSizeBytes: settings.shmSizeBytes,
      ulimits: settings.ulimits,
      ipcMode: "private",
    }),
  };
  const all = [...mounts, ...files.map(bindOf)].toSorted((a, b) => depthOf(a.destination) - depthOf(b.destination));
  const spec = makeSpec(container, {
    rootfs: rootfs.target,
    user,
    mounts: all,
    shared: {},
    devices: { nodes: [], rules: [], numbers: new Map() },
  });
  return { ...spec, process: { ...spec.process, env: envOf(run) } };
}

const NO_CONTAINER = {
  name: HOSTNAME,
  createdAt: "",
  image: { id: "" as Digest, reference: "" },
  state: { status: "running", pid: 0, exitCode: 0, oomKilled: false, error: "", startedAt: "", finishedAt: "" },
  endpoints: {},
  restartCount: 0,
  mounts: [],
} as const satisfies Partial<Container>;

/** `bridge`, `none` or `host`. */
export function networkOf({ network }: Pick<PlannedRun, "network">): string {
  return network === "none" || network === "host" ? network : "bridge";
}

/** A file that is made for the process on the machine, and bound into its root. */
export type RunFile = HostFile & { readonly destination: string };

/** `/etc/hosts` and `/etc/resolv.conf` as BuildKit writes them. @param directory where they are on the machine */
export function networkFilesOf(directory: string, { extraHosts }: RunSettings): readonly RunFile[] {
  const hosts = extraHosts.map((entry) => {
    const colon = entry.search(/[:=]/);
    return `${entry.slice(colon + 1)}\t${entry.slice(0, colon)}\n`;
  });
  return [
    {
      path: `${directory}/hosts`,
      destination: "/etc/hosts",
      content: `127.0.0.1\tlocalhost ${HOSTNAME}\n::1\tlocalhost ip6-localhost ip6-loopback\n${hosts.join("")}`,
    },
    {
      path: `${directory}/resolv.conf`,
      destination: "/etc/resolv.conf",
      content: formatResolvConf({ machine: [], dns: [], search: [], options: [], isInternal: false }),
    },
  ];
}

function bindOf({ path, destination }: RunFile): SpecMount {
  return { destination, type: "bind", source: path, options: ["rbind", "ro", "nosuid", "nodev", "noexec"] };
}

function depthOf(path: string): number {
  return path.split("/").length;
}

/** Without what Docker adds for containers: `HOSTNAME` would be in every layer that a script writes it to. */
function envOf({ step, user, env }: RunProcess): readonly string[] {
  const all = new Map(
    [DEFAULT_PATH, ...step.proxyEnv, ...step.env, ...env].map((entry) => [entry.split("=", 1)[0], entry]),
  );
  if (!all.has("HOME")) all.set("HOME", `HOME=${user.home}`);
  return [...all.values()];
}
