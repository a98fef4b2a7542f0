import { pathName } from "../client.ts";
import { atLeast, type Command } from "../command.ts";
import { FORMAT } from "../flags/common.ts";
import { defineFlags } from "../flags/flag.ts";
import { inspectEach } from "./inspect.ts";

export const volumeInspectCommand: Command = {
  name: "inspect",
  synopsis: "[OPTIONS] VOLUME [VOLUME...]",
  short: "Display detailed information on one or more volumes",
  flags: defineFlags(FORMAT),
  takes: atLeast(1),
  run: (invocation) =>
    inspectEach(invocation, (name) => invocation.client.json({ method: "GET", path: `/volumes/${pathName(name)}` })),
};
