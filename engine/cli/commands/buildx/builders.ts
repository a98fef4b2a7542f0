/** `docker buildx` about builders: there is one, the engine itself. */
import { type Command, CommandError, between, exactly, type Invocation, NO_ARGUMENTS } from "../../command.ts";
import { defineFlags, type Flag } from "../../flags/flag.ts";
import { encodeGoJson } from "../../../wire/go-json.ts";
import { print, say } from "../../output.ts";

const BUILDER = "    --builder string | Override the configured builder instance";
const DEBUG = "-D, --debug | Enable debug logging";
/** Of every command of buildx. */
export const COMMON_FLAGS: readonly Flag[] = defineFlags(`${BUILDER}\n${DEBUG}`);

/** The buildx that this is like, and in the place of its commit who it is. */
const VERSION = "github.com/docker/buildx v0.29.1 drydock";

export const buildxVersionCommand: Command = {
  name: "version",
  synopsis: "",
  short: "Show buildx version information",
  flags: defineFlags(DEBUG),
  takes: NO_ARGUMENTS,
  run: async ({ context }) => {
    await say(context, VERSION);
    return 0;
  },
};

export const buildxLsCommand: Command = {
  name: "ls",
  synopsis: "",
  short: "List builder instances",
  flags: defineFlags(`
${DEBUG}
    --format string | Format the output (default "table")
    --no-trunc | Don't truncate output
`),
  takes: NO_ARGUMENTS,
  run: list,
};

async function list(invocation: Invocation): Promise<number> {
  const { context, flags } = invocation;
  const platform = await platformOf(invocation);
  const format = flags.string("format");
  if (format === "json") {
    const node = { Endpoint: "default", Name: "default", Platforms: [platform], Status: "running" };
    await say(
      context,
      encodeGoJson({ Current: true, Driver: "docker", Dynamic: false, Name: "default", Nodes: [node] }),
    );
    return 0;
  }
  if (format !== "table")
    throw new CommandError(`ERROR: unsupported format ${JSON.stringify(format)}: table and json are`);
  const rows = [
    ["NAME/NODE", "DRIVER/ENDPOINT", "STATUS", "BUILDKIT", "PLATFORMS"],
    ["default*", "docker", "", "", ""],
    [" \\_ default", " \\_ default", "running", "", platform],
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)) + 3);
  const line = (row: readonly string[]): string => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("");
  await print(context.stdout, rows.map((row) => `${line(row)}\n`).join(""));
  return 0;
}

export const buildxInspectCommand: Command = {
  name: "inspect",
  synopsis: "[NAME]",
  short: "Inspect current builder instance",
  flags: defineFlags(`
    --bootstrap | Ensure builder has booted before inspecting
${BUILDER}
${DEBUG}
`),
  takes: between(0, 1),
  run: async (invocation) => {
    const { context, arguments: words, flags } = invocation;
    const name = words[0] ?? (flags.string("builder") || "default");
    if (name !== "default") throw absent(name);
    const platform = await platformOf(invocation);
    await print(
      context.stdout,
      `Name:   default\nDriver: docker\n\nNodes:\nName:      default\nEndpoint:  default\nStatus:    running\nPlatforms: ${platform}\n`,
    );
    return 0;
  },
};

export const buildxUseCommand: Command = {
  name: "use",
  synopsis: "[OPTIONS] NAME",
  short: "Set the current builder instance",
  flags: defineFlags(`
${BUILDER}
-D, --debug | Enable debug logging
    --default | Set builder as default for current context
    --global | Builder persists context changes
`),
  takes: exactly(1),
  run: async ({ arguments: [name = ""] }) => {
    if (name !== "default") throw new CommandError(`ERROR: failed to find instance ${JSON.stringify(name)}`);
    return 0;
  },
};

function absent(name: string): CommandError {
  return new CommandError(`ERROR: no builder ${JSON.stringify(name)} found`);
}

/** `linux/386` */
async function platformOf({ client }: Invocation): Promise<string> {
  const { Os, Arch } = await client.json<{ readonly Os: string; readonly Arch: string }>({ method: "GET", path: "/version" }); // prettier-ignore
  return `${Os}/${Arch}`;
}
