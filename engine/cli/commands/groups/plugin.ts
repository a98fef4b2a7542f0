/** `docker plugin`. */
import { askingCommands } from "./asking.ts";
import { FORMAT } from "../../flags/common.ts";

export const PLUGIN_COMMANDS = askingCommands(
  "plugin",
  `
create [OPTIONS] PLUGIN PLUGIN-DATA-DIR | Create a plugin from a rootfs and configuration. Plugin data directory must contain config.json and rootfs directory.
  > POST /plugins/create
      --compress | Compress the context using gzip
disable [OPTIONS] PLUGIN | Disable a plugin
  > POST /plugins/{}/disable
  -f, --force | Force the disable of an active plugin
enable [OPTIONS] PLUGIN | Enable a plugin
  > POST /plugins/{}/enable
      --timeout int | HTTP client timeout (in seconds) (default 30)
inspect [OPTIONS] PLUGIN [PLUGIN...] | Display detailed information on one or more plugins
  > each GET /plugins/{}/json
  ${FORMAT}
install [OPTIONS] PLUGIN [KEY=VALUE...] | Install a plugin
  > GET /plugins/privileges?remote={}
      --alias string | Local name for plugin
      --disable | Do not enable the plugin on install
      --disable-content-trust | Skip image verification (default true)
      --grant-all-permissions | Grant all permissions necessary to run the plugin
push [OPTIONS] PLUGIN[:TAG] | Push a plugin to a registry
  > POST /plugins/{}/push
      --disable-content-trust | Skip image signing (default true)
rm [OPTIONS] PLUGIN [PLUGIN...] | Remove one or more plugins
  = remove
  > each DELETE /plugins/{}
  -f, --force | Force the removal of an active plugin
set PLUGIN KEY=VALUE [KEY=VALUE...] | Change settings for a plugin
  > POST /plugins/{}/set
upgrade [OPTIONS] PLUGIN [REMOTE] | Upgrade an existing plugin
  > GET /plugins/{}/json
      --disable-content-trust | Skip image verification (default true)
      --grant-all-permissions | Grant all permissions necessary to run the plugin
      --skip-remote-check | Do not check if specified remote plugin matches existing plugin image
`,
);
