/** The groups of commands below `docker`: `docker container`, `docker volume`, … */
import type { Command } from "./command.ts";
import { buildCommand } from "./commands/build.ts";
import { buildxGroup } from "./commands/buildx/group.ts";
import { CONTEXT_COMMANDS } from "./commands/context.ts";
import {
  CHECKPOINT_COMMANDS,
  MANIFEST_COMMANDS,
  TRUST_COMMANDS,
  TRUST_KEY_COMMANDS,
  TRUST_SIGNER_COMMANDS,
} from "./commands/groups/client-side.ts";
import { PLUGIN_COMMANDS } from "./commands/groups/plugin.ts";
import { SERVICE_COMMANDS } from "./commands/groups/service.ts";
import { SWARM_COMMANDS } from "./commands/groups/swarm.ts";
import { CONFIG_COMMANDS, NODE_COMMANDS, SECRET_COMMANDS, STACK_COMMANDS } from "./commands/groups/swarm-objects.ts";
import { networkConnectCommand, networkDisconnectCommand } from "./commands/network-connect.ts";
import { networkCreateCommand } from "./commands/network-create.ts";
import { networkInspectCommand } from "./commands/network-inspect.ts";
import { networkLsCommand } from "./commands/network-ls.ts";
import { networkRmCommand } from "./commands/network-rm.ts";
import { pluginLsCommand } from "./commands/plugin-ls.ts";
import { builderPruneCommand, networkPruneCommand, volumePruneCommand } from "./commands/prune.ts";
import { volumeCreateCommand } from "./commands/volume-create.ts";
import { volumeInspectCommand } from "./commands/volume-inspect.ts";
import { volumeLsCommand } from "./commands/volume-ls.ts";
import { volumeRmCommand } from "./commands/volume-rm.ts";
import { volumeUpdateCommand } from "./commands/volume-update.ts";

/** Commands in the order of help. */
export const byName = (commands: readonly Command[]): readonly Command[] =>
  commands.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** As it is listed below its group, or twice: not among what people use most. */
export const plain = (command: Command): Command => ({ ...command, section: undefined });

/** A group below `docker`. */
export function group(name: string, short: string, children: readonly Command[], more: Partial<Command> = {}): Command {
  return { name, synopsis: "", short, section: "management", flags: [], children: byName(children), ...more };
}

const MANIFEST_HELP = `The **docker manifest** command has subcommands for managing image manifests and
manifest lists. A manifest list allows you to use one name to refer to the same image
built for multiple architectures.

To see help for a subcommand, use:

    docker manifest CMD --help

For full details on using docker manifest lists, see the registry v2 specification.`;

const NEEDS_EXPERIMENTAL = " is only supported on a Docker daemon with experimental features enabled";

/** They are reached only with `DOCKER_BUILDKIT=0`. */
const LEGACY_BUILDER = `DEPRECATED: The legacy builder is deprecated and will be removed in a future release.
            BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0
            environment-variable.
`;
const legacy = (command: Command): Command => ({ ...command, warning: LEGACY_BUILDER });

export const BUILD_COMMAND = legacy(buildCommand);

export const OTHER_GROUPS: readonly Command[] = [
  legacy(group("builder", "Manage builds", [plain(BUILD_COMMAND), legacy(builderPruneCommand)])),
  buildxGroup,
  group(
    "checkpoint",
    "Manage checkpoints",
    CHECKPOINT_COMMANDS.map((command) => ({ ...command, unavailable: NEEDS_EXPERIMENTAL })),
    { hidden: true, unavailable: NEEDS_EXPERIMENTAL },
  ),
  group("context", "Manage contexts", CONTEXT_COMMANDS),
  group(
    "manifest",
    "Manage Docker image manifests and manifest lists",
    MANIFEST_COMMANDS.map((command) => ({ ...command, experimental: true })),
    { synopsis: "COMMAND", long: MANIFEST_HELP, experimental: true },
  ),
  group("network", "Manage networks", [
    networkConnectCommand,
    networkCreateCommand,
    networkDisconnectCommand,
    networkInspectCommand,
    networkLsCommand,
    networkPruneCommand,
    networkRmCommand,
  ]),
  group("plugin", "Manage plugins", [...PLUGIN_COMMANDS, pluginLsCommand]),
  group("trust", "Manage trust on Docker images", [
    ...TRUST_COMMANDS,
    group("key", "Manage keys for signing Docker images", TRUST_KEY_COMMANDS),
    group("signer", "Manage entities who can sign Docker images", TRUST_SIGNER_COMMANDS),
  ]),
  group(
    "volume",
    "Manage volumes",
    [
      volumeCreateCommand,
      volumeInspectCommand,
      volumeLsCommand,
      volumePruneCommand,
      volumeRmCommand,
      volumeUpdateCommand,
    ],
    { synopsis: "COMMAND" },
  ),
];

/** What only a swarm has is hidden by help outside of one; how to get into one is not. */
export const SWARM_GROUPS: readonly Command[] = [
  group("config", "Manage Swarm configs", CONFIG_COMMANDS, { section: "swarm", hidden: true }),
  group("node", "Manage Swarm nodes", NODE_COMMANDS, { section: "swarm", hidden: true }),
  group("secret", "Manage Swarm secrets", SECRET_COMMANDS, { section: "swarm", hidden: true }),
  group("service", "Manage Swarm services", SERVICE_COMMANDS, { section: "swarm", hidden: true }),
  group("stack", "Manage Swarm stacks", STACK_COMMANDS, { section: "swarm", hidden: true, synopsis: "[OPTIONS]" }),
  group("swarm", "Manage Swarm", SWARM_COMMANDS, { section: "swarm" }),
];
