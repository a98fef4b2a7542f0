import type { ByteStream } from "./base/streams.ts";
import type { CommandRequest, CommandRun } from "./engine-options.ts";
import type { Guest } from "./guest/guest.ts";
import { SHELL_ENVIRONMENT } from "./login-shell.ts";

const PARENT = "/sys/fs/cgroup/commands";
const O_WRONLY = 1;
/** One order for both streams, and no line of ours in the shell's messages about the command. */
const SCRIPT = 'exec 2>&1; eval "$1"';
/** Of a terminal only: programs must not think they have one. */
const TERMINAL_ONLY = /^(TERM|COLORTERM)=/;

let lastId = 0;

/**
 * Runs a command line in a shell of its own, in the guest's own namespaces, without a terminal: standard input is empty, both
 * output streams are one. A cgroup of its own lets it be killed with everything it has started.
 * @throws GuestError when the directory does not exist
 */
export async function runCommand(guest: Guest, request: CommandRequest): Promise<CommandRun> {
  const cgroup = `${PARENT}/${++lastId}`;
  await guest.run([{ op: "mkdir", path: cgroup, parents: true }]);
  const remove = (): Promise<unknown> => guest.run([{ op: "rmdir", path: cgroup }]).catch(() => undefined);
  try {
    const process = await guest.start({
      cgroup,
      childOps: [
        { op: "chdir", path: request.directory ?? "/root" },
        {
          op: "exec",
          path: "/bin/bash",
          argv: ["bash", "-c", SCRIPT, "bash", request.command],
          env: environment(request),
        },
      ],
      stdio: { mode: "pipes", stdin: false, stdout: true, stderr: false },
    });
    const exited = process.exited.then(async ({ code }) => {
      // Fails, and may, while something the command left in the background still runs.
      await remove();
      return { code };
    });
    // Who does not wait for it need not hear of the guest's death.
    exited.catch(() => undefined);
    return {
      output: process.stdout as ByteStream,
      exited,
      async kill() {
        await guest
          .run([{ op: "write", path: `${cgroup}/cgroup.kill`, data: "1", flags: O_WRONLY }])
          .catch(() => undefined);
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

function environment({ environment = {} }: CommandRequest): readonly string[] {
  const own = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return [...SHELL_ENVIRONMENT.filter((each) => !TERMINAL_ONLY.test(each)), "TERM=dumb", ...own];
}
