import { API_VERSION, DOCKER_VERSION } from "../../wire/version.ts";
import { NOT_GO, type VersionResponse } from "../../wire/system.ts";
import { type Command, type Invocation, NO_ARGUMENTS } from "../command.ts";
import { FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { printFormatted } from "../format/single.ts";
import { print } from "../output.ts";

export const versionCommand: Command = {
  name: "version",
  synopsis: "[OPTIONS]",
  short: "Show the Docker version information",
  flags: defineFlags(FORMAT),
  takes: NO_ARGUMENTS,
  section: "common",
  run: version,
};

const CLIENT = {
  Version: DOCKER_VERSION,
  ApiVersion: API_VERSION,
  DefaultAPIVersion: API_VERSION,
  GitCommit: NOT_GO.gitCommit,
  GoVersion: NOT_GO.goVersion,
  Os: "linux",
  Arch: "386",
  BuildTime: NOT_GO.buildTime,
  Context: "default",
};

async function version({ client, context, flags }: Invocation): Promise<number> {
  const found = await client
    .json<VersionResponse>({ method: "GET", path: "/version" })
    .catch((error: unknown) => error as Error);
  const server = found instanceof Error ? null : found;
  const format = flags.string("format");
  if (format === "") await print(context.stdout, `${clientText()}${server === null ? "" : `\n${serverText(server)}`}`);
  else
    await printFormatted(
      context,
      format,
      { Client: CLIENT, Server: server },
      { name: "version", typeName: "system.versionInfo" },
    );
  // What the client knows of itself is told in any case.
  if (found instanceof Error) throw found;
  return 0;
}

function clientText(): string {
  return rows("Client:", 1, [
    ["Version", CLIENT.Version],
    ["API version", CLIENT.ApiVersion],
    ["Go version", CLIENT.GoVersion],
    ["Git commit", CLIENT.GitCommit],
    ["Built", CLIENT.BuildTime],
    ["OS/Arch", `${CLIENT.Os}/${CLIENT.Arch}`],
    ["Context", CLIENT.Context],
  ]);
}

/** Components as the server names them; the engine's own are spelled out. */
function serverText({ Platform, Components }: VersionResponse): string {
  const components = Components.map(({ Name, Version, Details = {} }) => {
    if (Name !== "Engine")
      return rows(` ${Name}:`, 2, [
        ["Version", Version],
        ...Object.entries(Details).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ]);
    return rows(" Engine:", 2, [
      ["Version", Version],
      ["API version", `${Details["ApiVersion"]} (minimum version ${Details["MinAPIVersion"]})`],
      ["Go version", Details["GoVersion"] ?? ""],
      ["Git commit", Details["GitCommit"] ?? ""],
      ["Built", Details["BuildTime"] ?? ""],
      ["OS/Arch", `${Details["Os"]}/${Details["Arch"]}`],
      ["Experimental", Details["Experimental"] ?? ""],
    ]);
  });
  return `Server:${Platform.Name === "" ? "" : ` ${Platform.Name}`}\n${components.join("")}`;
}

function rows(title: string, indent: number, cells: readonly (readonly [name: string, value: string])[]): string {
  return `${title}\n${cells.map(([name, value]) => `${" ".repeat(indent)}${`${name}:`.padEnd(19 - indent)} ${value}\n`).join("")}`;
}
