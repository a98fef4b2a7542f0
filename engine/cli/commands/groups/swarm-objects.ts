/** Docker's commands about what only a swarm has: its engines refuse them outside of one. */
import { askingCommands } from "./asking.ts";
import { FORMAT, TABLE_FORMAT } from "../../flags/common.ts";

export const CONFIG_COMMANDS = askingCommands(
  "config",
  `
create [OPTIONS] CONFIG file|- | Create a config from a file or STDIN
  > POST /configs/create
  -l, --label list | Config labels
      --template-driver string | Template driver
inspect [OPTIONS] CONFIG [CONFIG...] | Display detailed information on one or more configs
  > each GET /configs/{}
  ${FORMAT}
      --pretty | Print the information in a human friendly format
ls [OPTIONS] | List configs
  = list
  > GET /configs
  -f, --filter filter | Filter output based on conditions provided
  ${TABLE_FORMAT}
  -q, --quiet | Only display IDs
rm CONFIG [CONFIG...] | Remove one or more configs
  = remove
  > each DELETE /configs/{}
`,
);

export const NODE_COMMANDS = askingCommands(
  "node",
  `
demote NODE [NODE...] | Demote one or more nodes from manager in the swarm
  > GET /nodes/{}
inspect [OPTIONS] self|NODE [NODE...] | Display detailed information on one or more nodes
  > each GET /nodes/{}
  ${FORMAT}
      --pretty | Print the information in a human friendly format
ls [OPTIONS] | List nodes in the swarm
  = list
  > GET /nodes
  -f, --filter filter | Filter output based on conditions provided
  ${TABLE_FORMAT}
  -q, --quiet | Only display IDs
promote NODE [NODE...] | Promote one or more nodes to manager in the swarm
  > GET /nodes/{}
ps [OPTIONS] [NODE...] | List tasks running on one or more nodes, defaults to current node
  > GET /nodes
  -f, --filter filter | Filter output based on conditions provided
      --format string | Pretty-print tasks using a Go template
      --no-resolve | Do not map IDs to Names
      --no-trunc | Do not truncate output
  -q, --quiet | Only display task IDs
rm [OPTIONS] NODE [NODE...] | Remove one or more nodes from the swarm
  = remove
  > each DELETE /nodes/{}
  -f, --force | Force remove a node from the swarm
update [OPTIONS] NODE | Update a node
  > GET /nodes/{}
      --availability string | Availability of the node ("active", "pause", "drain")
      --label-add list | Add or update a node label ("key=value")
      --label-rm list | Remove a node label if exists
      --role string | Role of the node ("worker", "manager")
`,
);

export const SECRET_COMMANDS = askingCommands(
  "secret",
  `
create [OPTIONS] SECRET [file|-] | Create a secret from a file or STDIN as content
  > POST /secrets/create
  -d, --driver string | Secret driver
  -l, --label list | Secret labels
      --template-driver string | Template driver
inspect [OPTIONS] SECRET [SECRET...] | Display detailed information on one or more secrets
  > each GET /secrets/{}
  ${FORMAT}
      --pretty | Print the information in a human friendly format
ls [OPTIONS] | List secrets
  = list
  > GET /secrets
  -f, --filter filter | Filter output based on conditions provided
  ${TABLE_FORMAT}
  -q, --quiet | Only display IDs
rm SECRET [SECRET...] | Remove one or more secrets
  = remove
  > each DELETE /secrets/{}
`,
);

export const STACK_COMMANDS = askingCommands(
  "stack",
  `
config [OPTIONS] | Outputs the final config file, after doing merges and interpolations
  -c, --compose-file strings | Path to a Compose file, or "-" to read from stdin
      --skip-interpolation | Skip interpolation and output only merged config
deploy [OPTIONS] STACK | Deploy a new stack or update an existing stack
  ~ this node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again
  = up
  -c, --compose-file strings | Path to a Compose file, or "-" to read from stdin
  -d, --detach | Exit immediately instead of waiting for the stack services to converge (default true)
      --prune | Prune services that are no longer referenced
  -q, --quiet | Suppress progress output
      --resolve-image string | Query the registry to resolve image digest and supported platforms ("always", "changed", "never") (default "always")
      --with-registry-auth | Send registry authentication details to Swarm agents
ls [OPTIONS] | List stacks
  = list
  > GET /services
  ${TABLE_FORMAT}
ps [OPTIONS] STACK | List the tasks in the stack
  > GET /tasks
  -f, --filter filter | Filter output based on conditions provided
  ${TABLE_FORMAT}
      --no-resolve | Do not map IDs to Names
      --no-trunc | Do not truncate output
  -q, --quiet | Only display task IDs
rm [OPTIONS] STACK [STACK...] | Remove one or more stacks
  = remove down
  > GET /services
  -d, --detach | Do not wait for stack removal (default true)
services [OPTIONS] STACK | List the services in the stack
  > GET /services
  -f, --filter filter | Filter output based on conditions provided
  ${TABLE_FORMAT}
  -q, --quiet | Only display IDs
`,
);
