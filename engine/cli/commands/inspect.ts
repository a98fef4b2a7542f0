import { messageOf } from "../../base/errors.ts";
import { type ApiCall, containerPath, isNotFound, pathName } from "../client.ts";
import { atLeast, type Command, CommandError, type Invocation } from "../command.ts";
import { FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { formatInspected } from "../format/inspect.ts";
import { complain, print } from "../output.ts";
import { platformQuery } from "../platform.ts";

const TYPES = ["container", "image", "network", "volume", "plugin"] as const;
type ObjectType = (typeof TYPES)[number];

const PATHS: Readonly<Record<ObjectType, (name: string) => string>> = {
  container: (name) => `${containerPath(name)}/json`,
  image: (name) => `/images/${pathName(name)}/json`,
  network: (name) => `/networks/${pathName(name)}`,
  volume: (name) => `/volumes/${pathName(name)}`,
  plugin: (name) => `/plugins/${pathName(name)}/json`,
};

export const inspectCommand: Command = {
  name: "inspect",
  synopsis: "[OPTIONS] NAME|ID [NAME|ID...]",
  short: "Return low-level information on Docker objects",
  flags: defineFlags(`
${FORMAT}
-s, --size | Display total file sizes if the type is container
    --type string | Only inspect objects of the given type
`),
  takes: atLeast(1),
  run: async (invocation) => {
    const type = invocation.flags.string("type");
    if (invocation.flags.has("type") && type === "")
      throw new CommandError(
        'type is empty: must be one of "config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"',
      );
    if (type !== "" && !TYPES.includes(type as ObjectType))
      throw new CommandError(
        `unknown type: ${JSON.stringify(type)}: must be one of "config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"`,
      );
    const types = type === "" ? TYPES : [type as ObjectType];
    return await inspectEach(invocation, (name) => inspectAny(invocation, name, types));
  },
};

export const containerInspectCommand: Command = {
  name: "inspect",
  synopsis: "[OPTIONS] CONTAINER [CONTAINER...]",
  short: "Display detailed information on one or more containers",
  flags: defineFlags(`
${FORMAT}
-s, --size | Display total file sizes
`),
  takes: atLeast(1),
  run: (invocation) =>
    inspectEach(invocation, (name) => invocation.client.json(callFor(invocation, "container", name))),
};

export const imageInspectCommand: Command = {
  name: "inspect",
  synopsis: "[OPTIONS] IMAGE [IMAGE...]",
  short: "Display detailed information on one or more images",
  flags: defineFlags(`
${FORMAT}
    --platform string | Inspect a specific platform of the multi-platform image.
| If the image or the server is not multi-platform capable, the command will error out if the platform does not match.
| 'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)
`),
  takes: atLeast(1),
  run: (invocation) => inspectEach(invocation, (name) => invocation.client.json(callFor(invocation, "image", name))),
};

function callFor({ flags }: Invocation, type: ObjectType, name: string): ApiCall {
  const size = type === "container" && flags.boolean("size");
  const platform = type === "image" ? platformQuery(flags.string("platform")) : undefined;
  return { method: "GET", path: PATHS[type](name), query: { size, platform } };
}

/** The kinds of objects are tried in turn: the first that has one of that name is it. */
async function inspectAny(invocation: Invocation, name: string, types: readonly ObjectType[]): Promise<unknown> {
  for (const type of types) {
    try {
      return await invocation.client.json(callFor(invocation, type, name));
    } catch (error) {
      if (!isNotFound(error) || types.length === 1) throw error;
    }
  }
  throw new CommandError(`Error: No such object: ${name}`);
}

/** Prints what was found even when something was not. */
export async function inspectEach(
  { context, flags, arguments: names }: Invocation,
  get: (name: string) => Promise<unknown>,
): Promise<number> {
  const found: unknown[] = [];
  const problems: string[] = [];
  for (const name of names) {
    try {
      found.push(await get(name));
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  const { text, problem } = formatInspected(found, flags.string("format"));
  await print(context.stdout, text);
  if (problem !== undefined) problems.push(problem);
  for (const line of problems) await complain(context, line);
  return problems.length > 0 ? 1 : 0;
}
