import type { Command } from "../../command.ts";
import { buildxBuildCommand } from "./build.ts";
import {
  buildxInspectCommand,
  buildxLsCommand,
  buildxUseCommand,
  buildxVersionCommand,
  COMMON_FLAGS,
} from "./builders.ts";
import { buildxDuCommand, buildxPruneCommand } from "./cache.ts";

/** Known, so that they are not mistaken for a slip of the finger, and refused: why. */
function refused(name: string, synopsis: string, short: string, why: string): Command {
  const unavailable = `: not supported, ${why}`;
  return { name, synopsis, short, flags: COMMON_FLAGS, takesAnything: true, unavailable };
}

const ONE_BUILDER = "there is one builder here, the engine itself";

/** `docker buildx`, which `docker build` and `docker builder` are too. */
export const buildxGroup: Command = {
  name: "buildx",
  listedAs: "buildx*",
  synopsis: "",
  short: "Docker Buildx",
  long: "Extended build capabilities with BuildKit",
  epilogue: "Experimental commands and flags are hidden. Set BUILDX_EXPERIMENTAL=1 to show them.",
  section: "management",
  flags: COMMON_FLAGS,
  children: [
    {
      ...refused("history", "[OPTIONS] COMMAND", "Commands to work on build records", "the page shows the builds"),
      section: "management",
    },
    {
      ...refused("imagetools", "[OPTIONS] COMMAND", "Commands to work on images in registry", "docker pull and docker push reach registries"), // prettier-ignore
      section: "management",
    },
    { ...refused("bake", "[OPTIONS] [TARGET...]", "Build from a file", "docker build builds one target at a time"), aliases: ["f"] }, // prettier-ignore
    buildxBuildCommand,
    refused("create", "[OPTIONS] [CONTEXT|ENDPOINT]", "Create a new builder instance", ONE_BUILDER),
    refused("dial-stdio", "", "Proxy current stdio streams to builder instance", ONE_BUILDER),
    buildxDuCommand,
    buildxInspectCommand,
    buildxLsCommand,
    buildxPruneCommand,
    refused("rm", "[OPTIONS] [NAME...]", "Remove one or more builder instances", ONE_BUILDER),
    refused("stop", "[NAME]", "Stop builder instance", ONE_BUILDER),
    buildxUseCommand,
    buildxVersionCommand,
  ],
};

/** As `docker build` and `docker builder` show it: they have named the builder. */
export const aliasedBuildxGroup: Command = withDefaultBuilder(buildxGroup);

function withDefaultBuilder(command: Command): Command {
  return {
    ...command,
    flags: command.flags.map((flag) => (flag.name === "builder" ? { ...flag, default: "default" } : flag)),
    ...(command.children && { children: command.children.map(withDefaultBuilder) }),
  };
}

/** Words that docker hands on to buildx, unless `DOCKER_BUILDKIT=0` says that they stay. */
export function aliasOfBuildx(words: readonly string[]): readonly string[] | undefined {
  const [first, second, ...rest] = words;
  if (first === "build") return ["buildx", ...words];
  if (first === "image" && second === "build") return ["buildx", "build", ...rest];
  return first === "builder" ? ["buildx", ...words.slice(1)] : undefined;
}
