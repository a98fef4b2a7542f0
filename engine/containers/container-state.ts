import { EngineError } from "../base/errors.ts";
import type { ContainerState, ContainerStatus } from "./container.ts";

/** Docker's zero time: "never". */
const NEVER = "0001-01-01T00:00:00Z";

export const CREATED_STATE: ContainerState = {
  status: "created",
  pid: 0,
  exitCode: 0,
  oomKilled: false,
  error: "",
  startedAt: NEVER,
  finishedAt: NEVER,
};

export type Transition =
  | "start"
  | "start-failed"
  | "exit"
  | "await-restart"
  | "give-up-restart"
  | "pause"
  | "unpause"
  | "remove"
  | "remove-failed"
  | "lost";

/** What may follow what; everything else is a mistake of the caller. After runc's `state_linux.go` and moby's `container/state.go`. */
const TRANSITIONS: Readonly<Record<Transition, Readonly<Partial<Record<ContainerStatus, ContainerStatus>>>>> = {
  start: { created: "running", exited: "running", restarting: "running" },
  "start-failed": { created: "created", exited: "exited", restarting: "exited" },
  exit: { running: "exited", paused: "exited" },
  "await-restart": { running: "restarting", paused: "restarting", exited: "restarting" },
  "give-up-restart": { restarting: "exited" },
  pause: { running: "paused" },
  unpause: { paused: "running" },
  remove: { created: "removing", exited: "removing", dead: "removing", restarting: "removing" },
  "remove-failed": { removing: "dead" },
  /** The page went away while it ran. */
  lost: { running: "exited", paused: "exited", restarting: "exited", removing: "dead" },
};

/** The state after `transition`, with what else changes. @throws EngineError conflict when the table does not allow it */
export function transition(
  state: ContainerState,
  name: Transition,
  changes: Partial<Omit<ContainerState, "status">> = {},
): ContainerState {
  const status = TRANSITIONS[name][state.status];
  if (status === undefined) throw new EngineError("conflict", `cannot ${name} a container that is ${state.status}`);
  return { ...state, ...changes, status };
}

/** Has a process (also a frozen one). */
export function isRunning({ status }: ContainerState): boolean {
  return status === "running" || status === "paused";
}

/** What Docker calls running when it refuses a removal: also between two attempts of a restart policy. */
export function isActive(state: ContainerState): boolean {
  return isRunning(state) || state.status === "restarting";
}
