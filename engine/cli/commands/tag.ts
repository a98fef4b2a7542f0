import { pathName } from "../client.ts";
import { type Command, CommandError, exactly, type Invocation } from "../command.ts";
import { parseImageName, withDefaultTag } from "../image-name.ts";
import { messageOf } from "../../base/errors.ts";

export const tagCommand: Command = {
  name: "tag",
  synopsis: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
  short: "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
  alsoKnownAs: "docker image tag, docker tag",
  flags: [],
  takes: exactly(2),
  run: tag,
};

async function tag({ client, arguments: words }: Invocation): Promise<number> {
  const [source, target] = words as [string, string];
  checkSource(source);
  const name = withDefaultTag(parseTarget(target));
  if (name.digest !== undefined) throw new CommandError("refusing to create a tag with a digest reference");
  await client.send({
    method: "POST",
    path: `/images/${pathName(source)}/tag`,
    query: { repo: name.canonical, tag: name.tag },
  });
  return 0;
}

function checkSource(source: string): void {
  if (/^(sha256:)?[a-f0-9]{64}$/.test(source)) return;
  try {
    parseImageName(source);
  } catch (cause) {
    throw new CommandError(
      `Error parsing reference: ${JSON.stringify(source)} is not a valid repository/tag: ${messageOf(cause)}`,
      1,
      { cause },
    );
  }
}

function parseTarget(target: string): ReturnType<typeof parseImageName> {
  try {
    return parseImageName(target);
  } catch (cause) {
    throw new CommandError(
      `Error parsing reference: ${JSON.stringify(target)} is not a valid repository/tag: ${messageOf(cause)}`,
      1,
      { cause },
    );
  }
}
