import { messageOf } from "../../base/errors.ts";
import { containerPath } from "../client.ts";
import { atLeast, type Command, CommandError, type Invocation } from "../command.ts";
import { CONTAINER_FLAG_CHECKS } from "../run-options/checks.ts";
import { defineFlags } from "../flags/flag.ts";
import { say } from "../output.ts";
import { parseRestartPolicy } from "../run-options/host-config.ts";

export const updateCommand: Command = {
  name: "update",
  synopsis: "[OPTIONS] CONTAINER [CONTAINER...]",
  short: "Update configuration of one or more containers",
  alsoKnownAs: "docker container update, docker update",
  flags: defineFlags(
    `
    --blkio-weight uint16 | Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)
    --cpu-period int | Limit CPU CFS (Completely Fair Scheduler) period
    --cpu-quota int | Limit CPU CFS (Completely Fair Scheduler) quota
    --cpu-rt-period int | Limit the CPU real-time period in microseconds
    --cpu-rt-runtime int | Limit the CPU real-time runtime in microseconds
-c, --cpu-shares int | CPU shares (relative weight)
    --cpus decimal | Number of CPUs
    --cpuset-cpus string | CPUs in which to allow execution (0-3, 0,1)
    --cpuset-mems string | MEMs in which to allow execution (0-3, 0,1)
  ! --kernel-memory bytes | Kernel memory limit (deprecated)
-m, --memory bytes | Memory limit
    --memory-reservation bytes | Memory soft limit
    --memory-swap bytes | Swap limit equal to memory plus swap: -1 to enable unlimited swap
    --pids-limit int | Tune container pids limit (set -1 for unlimited)
    --restart string | Restart policy to apply when a container exits
`,
    CONTAINER_FLAG_CHECKS,
  ),
  takes: atLeast(1),
  run: update,
};

/** Docker's fields by flag. */
const NUMBERS = {
  BlkioWeight: "blkio-weight",
  CpuShares: "cpu-shares",
  Memory: "memory",
  MemoryReservation: "memory-reservation",
  MemorySwap: "memory-swap",
  KernelMemory: "kernel-memory",
  CpuPeriod: "cpu-period",
  CpuQuota: "cpu-quota",
  CpuRealtimePeriod: "cpu-rt-period",
  CpuRealtimeRuntime: "cpu-rt-runtime",
  NanoCpus: "cpus",
} as const;

async function update({ client, command, context, flags, arguments: containers }: Invocation): Promise<number> {
  if (!command.flags.some(({ name }) => flags.has(name)))
    throw new CommandError("you must provide one or more flags when using this command");
  const numbers = Object.entries(NUMBERS).map(([field, flag]) => [field, flags.number(flag)] as const);
  const body = {
    ...Object.fromEntries(numbers),
    CpusetCpus: flags.string("cpuset-cpus"),
    CpusetMems: flags.string("cpuset-mems"),
    ...(flags.number("pids-limit") !== 0 && { PidsLimit: flags.number("pids-limit") }),
    RestartPolicy: parseRestartPolicy(flags.string("restart")),
  };
  const warnings: string[] = [];
  const problems: string[] = [];
  for (const container of containers) {
    try {
      const { Warnings } = await client.json<{ readonly Warnings: readonly string[] | null }>({
        method: "POST",
        path: `${containerPath(container)}/update`,
        json: body,
      });
      await say(context, container);
      warnings.push(...(Warnings ?? []));
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  if (warnings.length > 0) await say(context, warnings.join("\n"));
  if (problems.length > 0) throw new CommandError(problems.join("\n"));
  return 0;
}
