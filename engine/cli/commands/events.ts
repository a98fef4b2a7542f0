import { messageOf } from "../../base/errors.ts";
import { encodeGoJson } from "../../wire/go-json.ts";
import { formatTimeNs } from "../../wire/times.ts";
import { jsonLinesOf } from "../client.ts";
import { type Command, CommandError, type Invocation, NO_ARGUMENTS } from "../command.ts";
import { filterQuery } from "../filter-query.ts";
import { FILTER, LONG_FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { compileTemplate } from "../format/template/template.ts";
import { parseMoment } from "../moment.ts";
import { print } from "../output.ts";

export const eventsCommand: Command = {
  name: "events",
  synopsis: "[OPTIONS]",
  short: "Get real time events from the server",
  alsoKnownAs: "docker system events, docker events",
  flags: defineFlags(`
${FILTER}
${LONG_FORMAT}
    --since string | Show all events created since timestamp
    --until string | Stream events until this timestamp
`),
  takes: NO_ARGUMENTS,
  run: events,
};

interface Event {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: string;
  /** Of containers and images, from times before there were other kinds. */
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly time: number;
  readonly timeNano: bigint;
}

async function events({ client, context, flags }: Invocation): Promise<number> {
  const moment = (flag: string): string | undefined => {
    const text = flags.string(flag);
    const parsed = text === "" ? undefined : parseMoment(text, Date.now());
    if (text !== "" && parsed === undefined)
      throw new CommandError(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
    return parsed;
  };
  const show = formatterOf(flags.string("format"));
  const query = { since: moment("since"), until: moment("until"), filters: filterQuery(flags.list("filter")) };
  const { body } = await client.call({ method: "GET", path: "/events", query });
  for await (const event of jsonLinesOf(body, parseEvent)) await print(context.stdout, `${show(event)}\n`);
  return 0;
}

/** Nanoseconds are too many digits for a JavaScript number. */
function parseEvent(line: string): Event {
  const { status, id, from, Type, Action, Actor, scope, time } = JSON.parse(line) as Event;
  const legacy = { ...(status && { status }), ...(id && { id }), ...(from && { from }) };
  return { ...legacy, Type, Action, Actor, scope, time, timeNano: BigInt(/"timeNano":(\d+)/.exec(line)?.[1] ?? 0) };
}

function formatterOf(format: string): (event: Event) => string {
  if (format === "") return eventLine;
  if (format === "json" || format === "{{json .}}") return (event) => encodeGoJson(event);
  try {
    const template = compileTemplate(format.replaceAll("\\t", "\t").replaceAll("\\n", "\n"), {
      missingField: (name) => `can't evaluate field ${name} in type *events.Message`,
    });
    return ({ status = "", id = "", from = "", scope, time, timeNano, ...event }) => {
      const attributes = new Map(Object.entries(event.Actor.Attributes));
      return template.execute({
        ...event,
        Status: status,
        ID: id,
        From: from,
        Actor: { ...event.Actor, Attributes: attributes },
        Scope: scope,
        Time: time,
        TimeNano: timeNano,
      });
    };
  } catch (cause) {
    throw new CommandError(`Error parsing format: ${messageOf(cause)}`, 64, { cause });
  }
}

/** `2026-11-21T02:10:09.057894468Z container start 3837984eeffd… (image=busybox, name=web)` */
function eventLine({ Type, Action, Actor, timeNano }: Event): string {
  const attributes = Object.entries(Actor.Attributes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`);
  return `${formatTimeNs(timeNano)} ${Type} ${Action} ${Actor.ID}${attributes.length > 0 ? ` (${attributes.join(", ")})` : ""}`;
}
