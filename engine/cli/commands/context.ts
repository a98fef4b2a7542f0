/** `docker context`: there is one engine, that of this machine, and so one context. */
import { atLeast, type Command, CommandError, exactly, NO_ARGUMENTS } from "../command.ts";
import { FORMAT, TABLE_FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { formatListing, type Listing } from "../format/table.ts";
import { complain, print, say } from "../output.ts";
import { askingCommands } from "./groups/asking.ts";
import { inspectEach } from "./inspect.ts";

const ENDPOINT = "unix:///var/run/docker.sock";
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/;
const ENDPOINT_HELP = `
Docker endpoint config:

NAME                DESCRIPTION
from                Copy named context's Docker endpoint configuration
host                Docker endpoint on which to connect
ca                  Trust certs signed only by this CA
cert                Path to TLS certificate file
key                 Path to TLS key file
skip-tls-verify     Skip TLS certificate validation

Example:
`;
const EXAMPLE =
  'my-context --description "some description" --docker "host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file"';

interface Context {
  readonly name: string;
  readonly description: string;
  readonly endpoint: string;
}

const DEFAULT: Context = {
  name: "default",
  description: "Current DOCKER_HOST based configuration",
  endpoint: ENDPOINT,
};

const LISTING: Listing<Context> = {
  table: "{{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}",
  quiet: "{{.Name}}",
  quietWins: true,
  headers: { Name: "NAME", Description: "DESCRIPTION", DockerEndpoint: "DOCKER ENDPOINT", Error: "ERROR" },
  typeName: "*formatter.clientContextContext",
  fields: {
    Name: ({ name }) => name,
    Current: () => true,
    Description: ({ description }) => description,
    DockerEndpoint: ({ endpoint }) => endpoint,
    Error: () => "",
  },
};

const lsCommand: Command = {
  name: "ls",
  aliases: ["list"],
  synopsis: "[OPTIONS]",
  short: "List contexts",
  alsoKnownAs: "docker context ls, docker context list",
  flags: defineFlags(`
${TABLE_FORMAT}
-q, --quiet | Only show context names
`),
  takes: NO_ARGUMENTS,
  run: async ({ context, flags }) => {
    const options = { format: flags.string("format"), quiet: flags.boolean("quiet") };
    await print(context.stdout, formatListing(LISTING, [DEFAULT], options));
    return 0;
  },
};

const showCommand: Command = {
  name: "show",
  synopsis: "",
  short: "Print the name of the current context",
  flags: [],
  takes: NO_ARGUMENTS,
  run: async ({ context }) => {
    await say(context, DEFAULT.name);
    return 0;
  },
};

const useCommand: Command = {
  name: "use",
  synopsis: "CONTEXT",
  short: "Set the current docker context",
  flags: [],
  takes: exactly(1),
  run: async ({ context, configDirectory, arguments: [name = ""] }) => {
    if (name !== DEFAULT.name && !NAME.test(name))
      throw new CommandError(
        `context name ${JSON.stringify(name)} is invalid, names are validated against regexp "^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$"`,
      );
    if (name !== DEFAULT.name) throw await notFound(configDirectory, name);
    await say(context, name);
    await complain(context, `Current context is now ${JSON.stringify(name)}`);
    return 0;
  },
};

const inspectCommand: Command = {
  name: "inspect",
  synopsis: "[OPTIONS] [CONTEXT] [CONTEXT...]",
  short: "Display detailed information on one or more contexts",
  flags: defineFlags(FORMAT),
  takes: atLeast(0),
  run: (invocation) => {
    const { arguments: names, configDirectory } = invocation;
    return inspectEach({ ...invocation, arguments: names.length > 0 ? names : [DEFAULT.name] }, async (name) => {
      if (name !== DEFAULT.name) throw await notFound(configDirectory, name);
      return {
        Name: name,
        Metadata: {},
        Endpoints: { docker: { Host: ENDPOINT, SkipTLSVerify: false } },
        TLSMaterial: {},
        Storage: { MetadataPath: "<IN MEMORY>", TLSPath: "<IN MEMORY>" },
      };
    });
  },
};

const rmCommand: Command = {
  name: "rm",
  aliases: ["remove"],
  synopsis: "CONTEXT [CONTEXT...]",
  short: "Remove one or more contexts",
  alsoKnownAs: "docker context rm, docker context remove",
  flags: defineFlags("-f, --force | Force the removal of a context in use"),
  takes: atLeast(1),
  run: async ({ flags, arguments: names }) => {
    const isDefault = (name: string): boolean => name === DEFAULT.name;
    if (flags.boolean("force") && !names.some(isDefault)) return 0;
    throw new CommandError(
      names
        .map((name) =>
          isDefault(name) ? 'context "default" cannot be removed' : `context ${JSON.stringify(name)} does not exist`,
        )
        .join("\n"),
    );
  },
};

const OTHERS = askingCommands(
  "context",
  `
create [OPTIONS] CONTEXT | Create a context
  --description string | Description of the context
  --docker stringToString | set the docker endpoint (default [])
  --from string | create context from a named context
import CONTEXT FILE|- | Import a context from a tar or zip file
export [OPTIONS] CONTEXT [FILE|-] | Export a context to a tar archive FILE or a tar stream on STDOUT.
update [OPTIONS] CONTEXT | Update a context
  --description string | Description of the context
  --docker stringToString | set the docker endpoint (default [])
`,
  ": not supported, this docker talks to the engine of the machine it runs on, and to no other",
).map((command) => (command.flags.length === 0 ? command : { ...command, long: longHelp(command) }));

function longHelp({ name, short }: Command): string {
  return `${short}\n${ENDPOINT_HELP}\n$ docker context ${name} ${EXAMPLE}`;
}

export const CONTEXT_COMMANDS: readonly Command[] = [
  ...OTHERS,
  inspectCommand,
  lsCommand,
  rmCommand,
  showCommand,
  useCommand,
];

/** Docker's message: contexts are kept in directories named after the hash of their names. */
async function notFound(configDirectory: string, name: string): Promise<CommandError> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name)));
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const path = `${configDirectory}/contexts/meta/${hex}/meta.json`;
  return new CommandError(
    `context ${JSON.stringify(name)}: context not found: open ${path}: no such file or directory`,
  );
}
