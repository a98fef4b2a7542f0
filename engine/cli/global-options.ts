import { CommandError } from "./command.ts";
import type { CommandContext } from "./command-context.ts";
import type { FlagValues } from "./args.ts";
import { defineFlags } from "./flags/flag.ts";
import { complain } from "./output.ts";

/** The flags in front of the command. */
export const GLOBAL_FLAGS = defineFlags(`
      --config string | Location of client config files (default "/root/.docker")
  -c, --context string | Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context set with "docker context use")
  -D, --debug | Enable debug mode
  -H, --host list | Daemon socket to connect to
  -l, --log-level string | Set the logging level ("debug", "info", "warn", "error", "fatal") (default "info")
      --tls | Use TLS; implied by --tlsverify
      --tlscacert string | Trust certs signed only by this CA (default "/root/.docker/ca.pem")
      --tlscert string | Path to TLS certificate file (default "/root/.docker/cert.pem")
      --tlskey string | Path to TLS key file (default "/root/.docker/key.pem")
      --tlsverify | Use TLS and verify the remote
  -v, --version | Print version information and quit
`);

const LOG_LEVELS = ["panic", "fatal", "error", "warn", "warning", "info", "debug", "trace"];

/** There is one engine, the one of this page: asking for another one is answered plainly. @throws CommandError */
export async function prepare(context: CommandContext, flags: FlagValues): Promise<void> {
  const level = flags.string("log-level");
  if (!LOG_LEVELS.includes(level.toLowerCase())) throw new CommandError(`Unable to parse logging level: ${level}`);
  if (flags.has("host") && flags.has("context")) {
    throw new CommandError("Failed to initialize: conflicting options: cannot specify both --host and --context");
  }
  const name = flags.string("context");
  if (name !== "" && name !== "default") {
    const path = `/root/.docker/contexts/meta/${await sha256(name)}/meta.json`;
    const reason = `context ${JSON.stringify(name)}: context not found: open ${path}: no such file or directory`;
    throw new CommandError(`Failed to initialize: unable to resolve docker endpoint: ${reason}`);
  }
  if (flags.has("host"))
    await complain(
      context,
      "WARNING: --host has no effect here: this docker talks to the engine of the page it runs in.",
    );
}

async function sha256(text: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
