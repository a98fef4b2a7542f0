/** Docker's commands that this `docker` does not have yet: they are listed as in Docker, and say so when they are called. */
import { type Command, CommandError, type Section } from "../command.ts";

/**
 * `name | what it does`, a line each; two blanks in front: a command of the group above, with a star a group in it, with `!` not
 * shown by help (Docker's help hides what needs a swarm or an experimental engine). */
function laterCommands(table: string, section?: Section): readonly Command[] {
  const commands: { command: Command; children: Command[] }[] = [];
  for (const line of table.split("\n").filter((text) => text.trim() !== "")) {
    const [, indent, mark, name = "", short = ""] = /^( *)([*!]?)([\w-]+) \| (.*)$/.exec(line) ?? [];
    const command = { ...later(name, short), ...(mark === "!" && { hidden: true }) };
    if (indent !== "") commands.at(-1)?.children.push(mark === "*" ? { ...command, section: "management" } : command);
    else commands.push({ command: { ...command, ...(section && { section }) }, children: [] });
  }
  return commands.map(({ command: { run, ...command }, children }) =>
    children.length > 0 ? { ...command, synopsis: GROUP_SYNOPSES[command.name] ?? "", children } : { ...command, run },
  );
}

/** Groups' usage lines end with their name; these are Docker's exceptions. */
const GROUP_SYNOPSES: Readonly<Record<string, string>> = { manifest: "COMMAND", stack: "[OPTIONS]", volume: "COMMAND" };

/** Takes any flags and arguments, and fails. */
export function later(name: string, short: string): Command {
  return {
    name,
    short,
    synopsis: "[OPTIONS]",
    flags: [],
    takesAnything: true,
    run: ({ path }) => Promise.reject(new CommandError(`${path}: not supported yet`)),
  };
}

export const LATER_COMMON = laterCommands(
  `
build | Build an image from a Dockerfile
push | Upload an image to a registry
login | Authenticate to a registry
logout | Log out from a registry
search | Search Docker Hub for images
`,
  "common",
);

export const LATER_COMMANDS = laterCommands(`
commit | Create a new image from a container's changes
cp | Copy files/folders between a container and the local filesystem
diff | Inspect changes to files or directories on a container's filesystem
export | Export a container's filesystem as a tar archive
import | Import the contents from a tarball to create a filesystem image
load | Load an image from a tar archive or STDIN
save | Save one or more images to a tar archive (streamed to STDOUT by default)
stats | Display a live stream of container(s) resource usage statistics
update | Update configuration of one or more containers
`);

export const LATER_GROUPS = laterCommands(
  `
builder | Manage builds
  build | Build an image from a Dockerfile
  prune | Remove build cache
!checkpoint | Manage checkpoints
  create | Create a checkpoint from a running container
  ls | List checkpoints for a container
  rm | Remove a checkpoint
context | Manage contexts
  create | Create a context
  export | Export a context to a tar archive FILE or a tar stream on STDOUT.
  import | Import a context from a tar or zip file
  inspect | Display detailed information on one or more contexts
  ls | List contexts
  rm | Remove one or more contexts
  show | Print the name of the current context
  update | Update a context
  use | Set the current docker context
manifest | Manage Docker image manifests and manifest lists
  annotate | Add additional information to a local image manifest
  create | Create a local manifest list for annotating and pushing to a registry
  inspect | Display an image manifest, or manifest list
  push | Push a manifest list to a repository
  rm | Delete one or more manifest lists from local storage
network | Manage networks
  connect | Connect a container to a network
  create | Create a network
  disconnect | Disconnect a container from a network
  inspect | Display detailed information on one or more networks
  ls | List networks
  prune | Remove all unused networks
  rm | Remove one or more networks
plugin | Manage plugins
  create | Create a plugin from a rootfs and configuration. Plugin data directory must contain config.json and rootfs directory.
  disable | Disable a plugin
  enable | Enable a plugin
  inspect | Display detailed information on one or more plugins
  install | Install a plugin
  ls | List plugins
  push | Push a plugin to a registry
  rm | Remove one or more plugins
  set | Change settings for a plugin
  upgrade | Upgrade an existing plugin
trust | Manage trust on Docker images
  *key | Manage keys for signing Docker images
  *signer | Manage entities who can sign Docker images
  inspect | Return low-level information about keys and signatures
  revoke | Remove trust for an image
  sign | Sign an image
volume | Manage volumes
  create | Create a volume
  inspect | Display detailed information on one or more volumes
  ls | List volumes
  prune | Remove unused local volumes
  rm | Remove one or more volumes
  !update | Update a volume (cluster volumes only)
`,
  "management",
);

export const LATER_SWARM = laterCommands(
  `
!config | Manage Swarm configs
  create | Create a config from a file or STDIN
  inspect | Display detailed information on one or more configs
  ls | List configs
  rm | Remove one or more configs
!node | Manage Swarm nodes
  demote | Demote one or more nodes from manager in the swarm
  inspect | Display detailed information on one or more nodes
  ls | List nodes in the swarm
  promote | Promote one or more nodes to manager in the swarm
  ps | List tasks running on one or more nodes, defaults to current node
  rm | Remove one or more nodes from the swarm
  update | Update a node
!secret | Manage Swarm secrets
  create | Create a secret from a file or STDIN as content
  inspect | Display detailed information on one or more secrets
  ls | List secrets
  rm | Remove one or more secrets
!service | Manage Swarm services
  create | Create a new service
  inspect | Display detailed information on one or more services
  logs | Fetch the logs of a service or task
  ls | List services
  ps | List the tasks of one or more services
  rm | Remove one or more services
  rollback | Revert changes to a service's configuration
  scale | Scale one or multiple replicated services
  update | Update a service
!stack | Manage Swarm stacks
  config | Outputs the final config file, after doing merges and interpolations
  deploy | Deploy a new stack or update an existing stack
  ls | List stacks
  ps | List the tasks in the stack
  rm | Remove one or more stacks
  services | List the services in the stack
swarm | Manage Swarm
  !ca | Display and rotate the root CA
  init | Initialize a swarm
  join | Join a swarm as a node and/or manager
  !join-token | Manage join tokens
  !leave | Leave the swarm
  !unlock | Unlock swarm
  !unlock-key | Manage the unlock key
  !update | Update the swarm
`,
  "swarm",
);

/** Plugins of Docker's command line: commands that help lists once they are there. */
export const LATER_PLUGINS = laterCommands(`
buildx | Docker Buildx
compose | Docker Compose
`).map((command) => ({ ...command, hidden: true }));
