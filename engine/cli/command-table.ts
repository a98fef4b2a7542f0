import type { Command } from "./command.ts";
import { BUILD_COMMAND, byName, group, OTHER_GROUPS, plain, SWARM_GROUPS } from "./command-groups.ts";
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
import { commitCommand } from "./commands/commit.ts";
import { cpCommand } from "./commands/cp.ts";
import { diffCommand } from "./commands/diff.ts";
import { exportCommand } from "./commands/export.ts";
import { importCommand } from "./commands/import.ts";
import { loadCommand } from "./commands/load.ts";
import { loginCommand } from "./commands/login.ts";
import { logoutCommand } from "./commands/logout.ts";
import { pushCommand } from "./commands/push.ts";
import { saveCommand } from "./commands/save.ts";
import { searchCommand } from "./commands/search.ts";
import { statsCommand } from "./commands/stats.ts";
import { systemDfCommand } from "./commands/system-df.ts";
import { systemPruneCommand } from "./commands/system-prune.ts";
import { updateCommand } from "./commands/update.ts";
import { GLOBAL_FLAGS } from "./global-options.ts";

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

/** Commands of one container or several; they are both `docker X` and `docker container X`. */
const CONTAINER_COMMANDS = [
  attachCommand,
  commitCommand,
  cpCommand,
  createCommand,
  diffCommand,
  execCommand,
  exportCommand,
  killCommand,
  logsCommand,
  pauseCommand,
  portCommand,
  renameCommand,
  restartCommand,
  rmCommand,
  runCommand,
  startCommand,
  statsCommand,
  stopCommand,
  topCommand,
  unpauseCommand,
  updateCommand,
  waitCommand,
];

const IMAGE_COMMANDS = [historyCommand, importCommand, loadCommand, saveCommand, tagCommand];

const containerGroup = group("container", "Manage containers", [
  ...CONTAINER_COMMANDS.map(plain),
  { ...plain(psCommand), name: "ls", aliases: ["ps", "list"] },
  containerInspectCommand,
  containerPruneCommand,
]);

const imageGroup = group("image", "Manage images", [
  ...IMAGE_COMMANDS,
  ...[BUILD_COMMAND, pullCommand, pushCommand].map(plain),
  { ...plain(imagesCommand), name: "ls", aliases: ["list"] },
  { ...rmiCommand, name: "rm", aliases: ["remove"] },
  imageInspectCommand,
  imagePruneCommand,
]);

const systemGroup = group("system", "Manage Docker", [
  eventsCommand,
  plain(infoCommand),
  systemDfCommand,
  systemPruneCommand,
]);

const commonCommands = [
  BUILD_COMMAND,
  execCommand,
  imagesCommand,
  infoCommand,
  loginCommand,
  logoutCommand,
  psCommand,
  pullCommand,
  pushCommand,
  runCommand,
  searchCommand,
  versionCommand,
].map(common);

/** All of `docker`. */
export const ROOT_COMMAND: Command = {
  name: "docker",
  synopsis: "[OPTIONS] COMMAND",
  short: "A self-sufficient runtime for containers",
  flags: GLOBAL_FLAGS,
  children: [
    ...commonCommands.toSorted((a, b) => COMMON_ORDER.indexOf(a.name) - COMMON_ORDER.indexOf(b.name)),
    ...byName([...OTHER_GROUPS, containerGroup, imageGroup, systemGroup]),
    ...SWARM_GROUPS,
    ...byName([
      ...CONTAINER_COMMANDS.filter((command) => command.section !== "common"),
      ...IMAGE_COMMANDS,
      rmiCommand,
      inspectCommand,
      eventsCommand,
    ]),
  ],
};
