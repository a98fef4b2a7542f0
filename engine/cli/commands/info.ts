import { NOT_GO } from "../../wire/system.ts";
import { API_VERSION, DOCKER_VERSION } from "../../wire/version.ts";
import { type Command, CommandError, type Invocation, NO_ARGUMENTS } from "../command.ts";
import { FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { type Info, infoLines } from "../format/info.ts";
import { printFormatted } from "../format/single.ts";
import { complain, print } from "../output.ts";

export const infoCommand: Command = {
  name: "info",
  synopsis: "[OPTIONS]",
  short: "Display system-wide information",
  alsoKnownAs: "docker system info, docker info",
  flags: defineFlags(FORMAT),
  takes: NO_ARGUMENTS,
  section: "common",
  run: info,
};

async function info({ client, context, flags }: Invocation): Promise<number> {
  const format = flags.string("format");
  const server = await client.json<Info>({ method: "GET", path: "/info" }).catch((error: unknown) => error as Error);
  if (format !== "") {
    if (server instanceof Error) {
      await print(context.stdout, "\n");
      throw server;
    }
    await printFormatted(context, format, { ...server, ClientInfo: clientInfo() }, { typeName: "system.dockerInfo" });
    return 0;
  }
  const clientLines = [
    "Client:",
    ` Version:    ${DOCKER_VERSION}`,
    " Context:    default",
    " Debug Mode: false",
    "",
    "Server:",
  ];
  if (server instanceof Error) {
    await print(context.stdout, `${clientLines.join("\n")}\n`);
    throw new CommandError(`ERROR: ${server.message}\nerrors pretty printing info`, 1, { cause: server });
  }
  await print(context.stdout, `${[...clientLines, ...infoLines(server), ""].join("\n")}\n`);
  for (const warning of server.Warnings ?? []) await complain(context, warning);
  return 0;
}

function clientInfo(): object {
  return {
    Debug: false,
    Version: DOCKER_VERSION,
    DefaultAPIVersion: API_VERSION,
    GitCommit: NOT_GO.gitCommit,
    GoVersion: NOT_GO.goVersion,
    Os: "linux",
    Arch: "386",
    BuildTime: NOT_GO.buildTime,
    Context: "default",
    Plugins: [],
    Warnings: null,
  };
}
