import { type Command, between, CommandError, type Invocation } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";
import { say } from "../output.ts";
import { LABEL_CHECK } from "../run-options/checks.ts";
import { toMap } from "../run-options/host-config.ts";

/** Flags of volumes of a swarm: help hides them from who is in none. */
const CLUSTER_FLAGS = `
! --availability string | Cluster Volume availability ("active", "pause", "drain") (default "active")
! --group string | Cluster Volume group (cluster volumes)
! --limit-bytes bytes | Minimum size of the Cluster Volume in bytes
! --required-bytes bytes | Maximum size of the Cluster Volume in bytes
! --scope string | Cluster Volume access scope ("single", "multi") (default "single")
! --secret map | Cluster Volume secrets
! --sharing string | Cluster Volume access sharing ("none", "readonly", "onewriter", "all") (default "none")
! --topology-preferred list | A topology that the Cluster Volume would be preferred in
! --topology-required list | A topology that the Cluster Volume must be accessible from
! --type string | Cluster Volume access type ("mount", "block") (default "block")
`;
const CLUSTER_NAMES = ["group", "scope", "sharing", "availability", "type", "limit-bytes", "required-bytes"];

export const volumeCreateCommand: Command = {
  name: "create",
  synopsis: "[OPTIONS] [VOLUME]",
  short: "Create a volume",
  flags: defineFlags(
    `
-d, --driver string | Specify volume driver name (default "local")
    --label list | Set metadata for a volume
  ! --name string | Specify volume name
-o, --opt map | Set driver specific options (default map[])
${CLUSTER_FLAGS}`,
    LABEL_CHECK,
  ),
  takes: between(0, 1),
  run: create,
};

async function create({ client, context, flags, arguments: [name] }: Invocation): Promise<number> {
  if (name !== undefined && flags.string("name") !== "")
    throw new CommandError(
      "conflicting options: cannot specify a volume-name through both --name and as a positional arg",
    );
  const cluster = CLUSTER_NAMES.some((flag) => flags.has(flag));
  const labels = toMap(flags.list("label"));
  const options = toMap(flags.list("opt"));
  const body = {
    Driver: flags.string("driver"),
    ...(Object.keys(options).length > 0 && { DriverOpts: options }),
    ...(Object.keys(labels).length > 0 && { Labels: labels }),
    Name: name ?? flags.string("name"),
    ...(cluster && {
      ClusterVolumeSpec: {
        Group: flags.string("group"),
        AccessMode: { Scope: flags.string("scope"), Sharing: flags.string("sharing") },
        Availability: flags.string("availability"),
      },
    }),
  };
  const created = await client.json<{ readonly Name: string }>({ method: "POST", path: "/volumes/create", json: body });
  await say(context, created.Name);
  return 0;
}
