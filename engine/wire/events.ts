import type { EventModel } from "./model.ts";

/** One line of `GET /events`, in Docker's order of fields. */
export interface EventMessage {
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: "local";
  /** Seconds. */
  readonly time: number;
  readonly timeNano: bigint;
}

/** The first three fields are for clients of before API 1.22: containers and images only. */
export function toEventMessage({ type, action, id, attributes, timeNs }: EventModel): EventMessage {
  const legacy = type === "container" || type === "image";
  return {
    ...(legacy && { status: action, ...(id !== "" && { id }) }),
    ...(type === "container" && attributes["image"] !== undefined && { from: attributes["image"] }),
    Type: type,
    Action: action,
    Actor: {
      ID: id,
      Attributes: Object.fromEntries(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
    scope: "local",
    time: Number(timeNs / 1_000_000_000n),
    timeNano: timeNs,
  };
}
