import { parseTimeMs } from "./times.ts";

const HOUR_MS = 3_600_000;

/** Docker's rough duration (`github.com/docker/go-units` HumanDuration): `Less than a second`, `About a minute`, `3 weeks`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.trunc(milliseconds / 60_000);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.trunc(milliseconds / HOUR_MS + 0.5);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(milliseconds / HOUR_MS / 24 / 365)} years`;
}

/** What the status line is made of. */
export interface StatusInput {
  readonly status: "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
  readonly exitCode: number;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly health?: { readonly status: string };
}

/** The STATUS column of `docker ps`: `Up 2 seconds`, `Up 5 minutes (Paused)`, `Exited (0) 3 minutes ago`, `Created`. */
export function formatStatus(state: StatusInput, nowMs: number): string {
  const since = (time: string): string => humanDuration(nowMs - (parseTimeMs(time) ?? nowMs));
  switch (state.status) {
    case "running":
      return `Up ${since(state.startedAt)}${healthText(state.health?.status)}`;
    case "paused":
      return `Up ${since(state.startedAt)} (Paused)`;
    case "restarting":
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case "exited":
      return parseTimeMs(state.finishedAt) === undefined
        ? ""
        : `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case "removing":
      return "Removal In Progress";
    case "dead":
      return "Dead";
    default:
      return "Created";
  }
}

function healthText(status: string | undefined): string {
  if (status === undefined) return "";
  return status === "starting" ? " (health: starting)" : ` (${status})`;
}
