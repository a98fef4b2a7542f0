import { type Command, exactly, type Invocation } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";
import { say } from "../output.ts";
import { LABEL_CHECK } from "../run-options/checks.ts";
import { toMap } from "../run-options/host-config.ts";
import { ipamOf } from "../run-options/subnets.ts";

export const networkCreateCommand: Command = {
  name: "create",
  synopsis: "[OPTIONS] NETWORK",
  short: "Create a network",
  flags: defineFlags(
    `
    --attachable | Enable manual container attachment
    --aux-address map | Auxiliary IPv4 or IPv6 addresses used by Network driver (default map[])
    --config-from string | The network from which to copy the configuration
    --config-only | Create a configuration only network
-d, --driver string | Driver to manage the Network (default "bridge")
    --gateway strings | IPv4 or IPv6 Gateway for the master subnet
    --ingress | Create swarm routing-mesh network
    --internal | Restrict external access to the network
    --ip-range strings | Allocate container ip from a sub-range
    --ipam-driver string | IP Address Management Driver (default "default")
    --ipam-opt map | Set IPAM driver specific options (default map[])
    --ipv4 | Enable or disable IPv4 address assignment (default true)
    --ipv6 | Enable or disable IPv6 address assignment
    --label list | Set metadata on a network
-o, --opt map | Set driver specific options (default map[])
    --scope string | Control the network's scope
    --subnet strings | Subnet in CIDR format that represents a network segment
`,
    LABEL_CHECK,
  ),
  takes: exactly(1),
  run: create,
};

async function create({ client, context, flags, arguments: [name = ""] }: Invocation): Promise<number> {
  const from = flags.string("config-from");
  const body = {
    Name: name,
    Driver: flags.string("driver"),
    Scope: flags.string("scope"),
    ...(flags.has("ipv4") && { EnableIPv4: flags.boolean("ipv4") }),
    ...(flags.has("ipv6") && { EnableIPv6: flags.boolean("ipv6") }),
    IPAM: ipamOf(flags),
    Internal: flags.boolean("internal"),
    Attachable: flags.boolean("attachable"),
    Ingress: flags.boolean("ingress"),
    ConfigOnly: flags.boolean("config-only"),
    ConfigFrom: from === "" ? null : { Network: from },
    Options: toMap(flags.list("opt")),
    Labels: toMap(flags.list("label")),
  };
  const { Id } = await client.json<{ readonly Id: string }>({ method: "POST", path: "/networks/create", json: body });
  await say(context, Id);
  return 0;
}
