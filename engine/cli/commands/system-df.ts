import { type Command, type Invocation, NO_ARGUMENTS } from "../command.ts";
import { TABLE_FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { type DiskUsage, formatDiskUsage, formatDiskUsageInDetail } from "../format/disk-usage.ts";
import { print } from "../output.ts";

export const systemDfCommand: Command = {
  name: "df",
  synopsis: "[OPTIONS]",
  short: "Show docker disk usage",
  flags: defineFlags(`
${TABLE_FORMAT}
-v, --verbose | Show detailed information on space usage
`),
  takes: NO_ARGUMENTS,
  run: df,
};

async function df({ client, context, flags }: Invocation): Promise<number> {
  const usage = await client.json<DiskUsage>({ method: "GET", path: "/system/df" });
  const format = flags.string("format");
  const text = flags.boolean("verbose")
    ? formatDiskUsageInDetail(usage, format, Date.now())
    : formatDiskUsage(usage, format);
  await print(context.stdout, text);
  return 0;
}
