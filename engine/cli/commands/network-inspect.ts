import { pathName } from "../client.ts";
import { atLeast, type Command } from "../command.ts";
import { FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { inspectEach } from "./inspect.ts";

export const networkInspectCommand: Command = {
  name: "inspect",
  synopsis: "[OPTIONS] NETWORK [NETWORK...]",
  short: "Display detailed information on one or more networks",
  flags: defineFlags(`
${FORMAT}
-v, --verbose | Verbose output for diagnostics
`),
  takes: atLeast(1),
  run: (invocation) => {
    const verbose = invocation.flags.boolean("verbose") && "true";
    return inspectEach(invocation, (name) =>
      invocation.client.json({ method: "GET", path: `/networks/${pathName(name)}`, query: { verbose } }),
    );
  },
};
