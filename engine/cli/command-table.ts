import type { Command } from "./command.ts";
import { attachCommand } from "./commands/attach.ts";
import {
  killCommand,
  pauseCommand,
  renameCommand,
  restartCommand,
  rmCommand,
  stopCommand,
  unpauseCommand,
  waitCommand,
} from "./commands/containers-simple.ts";
import { createCommand } from "./commands/create.ts";
import { eventsCommand } from "./commands/events.ts";
import { execCommand } from "./commands/exec.ts";
import { historyCommand } from "./commands/history.ts";
import { imagesCommand } from "./commands/images.ts";
import { infoCommand } from "./commands/info.ts";
import { containerInspectCommand, imageInspectCommand, inspectCommand } from "./commands/inspect.ts";
import { later, LATER_COMMANDS, LATER_COMMON, LATER_GROUPS, LATER_PLUGINS, LATER_SWARM } from "./commands/later.ts";
import { logsCommand } from "./commands/logs.ts";
import { portCommand } from "./commands/port.ts";
import { containerPruneCommand, imagePruneCommand } from "./commands/prune.ts";
import { psCommand } from "./commands/ps.ts";
import { pullCommand } from "./commands/pull.ts";
import { rmiCommand } from "./commands/rmi.ts";
import { runCommand } from "./commands/run.ts";
import { startCommand } from "./commands/start.ts";
import { tagCommand } from "./commands/tag.ts";
import { topCommand } from "./commands/top.ts";
import { versionCommand } from "./commands/version.ts";
import { GLOBAL_FLAGS } from "./global-options.ts";

const byName = (commands: readonly Command[]): readonly Command[] =>
  commands.toSorted((a, b) => (a.name < b.name ? -1 : 1));
/** The order in which Docker's help lists what people use most. */
const COMMON_ORDER = [
  "run",
  "exec",
  "ps",
  "build",
  "pull",
  "push",
  "images",
  "login",
  "logout",
  "search",
  "version",
  "info",
];
const common = (command: Command): Command => ({ ...command, section: "common" });
const plain = (command: Command): Command => ({ ...command, section: undefined });
const laterNamed = (...names: readonly string[]): readonly Command[] =>
  [...LATER_COMMANDS, ...LATER_COMMON].filter(({ name }) => names.includes(name)).map(plain);

/** Commands of one container or several; they are both `docker X` and `docker container X`. */
const CONTAINER_COMMANDS = [
  attachCommand,
  createCommand,
  execCommand,
  killCommand,
  logsCommand,
  pauseCommand,
  portCommand,
  renameCommand,
  restartCommand,
  rmCommand,
  runCommand,
  startCommand,
  stopCommand,
  topCommand,
  unpauseCommand,
  waitCommand,
];

const containerGroup: Command = {
  name: "container",
  synopsis: "",
  short: "Manage containers",
  section: "management",
  flags: [],
  children: byName([
    ...CONTAINER_COMMANDS.map(plain),
    { ...plain(psCommand), name: "ls", aliases: ["ps", "list"] },
    containerInspectCommand,
    containerPruneCommand,
    ...laterNamed("commit", "cp", "diff", "export", "stats", "update"),
  ]),
};

const imageGroup: Command = {
  name: "image",
  synopsis: "",
  short: "Manage images",
  section: "management",
  flags: [],
  children: byName([
    { ...plain(imagesCommand), name: "ls", aliases: ["list"] },
    { ...rmiCommand, name: "rm", aliases: ["remove"] },
    plain(pullCommand),
    tagCommand,
    historyCommand,
    imageInspectCommand,
    imagePruneCommand,
    ...laterNamed("build", "import", "load", "push", "save"),
  ]),
};

const systemGroup: Command = {
  name: "system",
  synopsis: "",
  short: "Manage Docker",
  section: "management",
  flags: [],
  children: byName([
    eventsCommand,
    plain(infoCommand),
    later("df", "Show docker disk usage"),
    later("prune", "Remove unused data"),
  ]),
};

const commonCommands = [
  runCommand,
  execCommand,
  psCommand,
  pullCommand,
  imagesCommand,
  versionCommand,
  infoCommand,
  ...LATER_COMMON,
].map(common);

/** All of `docker`. */
export const ROOT_COMMAND: Command = {
  name: "docker",
  synopsis: "[OPTIONS] COMMAND",
  short: "A self-sufficient runtime for containers",
  flags: GLOBAL_FLAGS,
  children: [
    ...commonCommands.toSorted((a, b) => COMMON_ORDER.indexOf(a.name) - COMMON_ORDER.indexOf(b.name)),
    ...byName([...LATER_GROUPS, containerGroup, imageGroup, systemGroup]),
    ...LATER_SWARM,
    ...byName([
      ...CONTAINER_COMMANDS.filter((command) => command.section !== "common"),
      rmiCommand,
      tagCommand,
      historyCommand,
      inspectCommand,
      eventsCommand,
      ...LATER_COMMANDS,
    ]),
    ...LATER_PLUGINS,
  ],
};
