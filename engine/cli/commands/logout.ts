import { between, type Command, type Invocation } from "../command.ts";
import { ConfigFile, hostnameOf, INDEX_SERVER } from "../config-file.ts";
import { say } from "../output.ts";

export const logoutCommand: Command = {
  name: "logout",
  synopsis: "[SERVER]",
  short: "Log out from a registry",
  long: "Log out from a registry.\nIf no server is specified, the default is defined by the daemon.",
  flags: [],
  takes: between(0, 1),
  run: logout,
};

async function logout({ context, configDirectory, arguments: [server = ""] }: Invocation): Promise<number> {
  const host = hostnameOf(server);
  // Older clients have written a registry's address in these other ways.
  const keys = server === "" ? [INDEX_SERVER] : [server, host, `http://${host}`, `https://${host}`];
  await say(context, `Removing login credentials for ${server === "" ? INDEX_SERVER : host}`);
  const config = await ConfigFile.open(context, configDirectory);
  for (const key of keys) await config.erase(key);
  return 0;
}
