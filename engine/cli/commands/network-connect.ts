import { type Command, CommandError, exactly, type Invocation } from "../command.ts";
import { pathName } from "../client.ts";
import { defineFlags } from "../flags/flag.ts";
import { LINK_CHECK } from "../run-options/checks.ts";

export const networkConnectCommand: Command = {
  name: "connect",
  synopsis: "[OPTIONS] NETWORK CONTAINER",
  short: "Connect a container to a network",
  flags: defineFlags(
    `
--alias strings | Add network-scoped alias for the container
--driver-opt strings | driver options for the network
--gw-priority int | Highest gw-priority provides the default gateway. Accepts positive and negative values.
--ip string | IPv4 address (e.g., "172.30.100.104")
--ip6 string | IPv6 address (e.g., "2001:db8::33")
--link list | Add link to another container
--link-local-ip strings | Add a link-local address for the container
`,
    LINK_CHECK,
  ),
  takes: exactly(2),
  run: connect,
};

async function connect({ client, flags, arguments: [network = "", container = ""] }: Invocation): Promise<number> {
  const orNull = (name: string): readonly string[] | null => (flags.has(name) ? flags.list(name) : null);
  const options = driverOptions(flags.list("driver-opt"));
  checkNames(network, container);
  await client.send({
    method: "POST",
    path: `/networks/${pathName(network)}/connect`,
    json: {
      Container: container,
      EndpointConfig: {
        IPAMConfig: {
          ...(flags.has("ip") && { IPv4Address: flags.string("ip") }),
          ...(flags.has("ip6") && { IPv6Address: flags.string("ip6") }),
          ...(flags.has("link-local-ip") && { LinkLocalIPs: flags.list("link-local-ip") }),
        },
        Links: orNull("link"),
        Aliases: orNull("alias"),
        DriverOpts: options,
        GwPriority: flags.number("gw-priority"),
      },
    },
  });
  return 0;
}

export const networkDisconnectCommand: Command = {
  name: "disconnect",
  synopsis: "[OPTIONS] NETWORK CONTAINER",
  short: "Disconnect a container from a network",
  flags: defineFlags("-f, --force | Force the container to disconnect from a network"),
  takes: exactly(2),
  run: async ({ client, flags, arguments: [network = "", container = ""] }) => {
    checkNames(network, container);
    await client.send({
      method: "POST",
      path: `/networks/${pathName(network)}/disconnect`,
      json: { Container: container, Force: flags.boolean("force") },
    });
    return 0;
  },
};

function checkNames(network: string, container: string): void {
  if (network.trim() === "") throw new CommandError("invalid network name or ID: value is empty");
  if (container.trim() === "") throw new CommandError("invalid container name or ID: value is empty");
}

function driverOptions(values: readonly string[]): Record<string, string> {
  const options: Record<string, string> = {};
  for (const value of values) {
    const [name = "", option] = value.split(/=(.*)/s);
    if (option === undefined || name.trim() === "")
      throw new CommandError("invalid key/value pair format in driver options");
    options[name.trim()] = option.trim();
  }
  return options;
}
