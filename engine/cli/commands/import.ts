import { atLeast, type Command, type Invocation } from "../command.ts";
import { defineFlags } from "../flags/flag.ts";
import { showProgress } from "../format/pull-progress.ts";
import { checkReference } from "../image-name.ts";

export const importCommand: Command = {
  name: "import",
  synopsis: "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
  short: "Import the contents from a tarball to create a filesystem image",
  alsoKnownAs: "docker image import, docker import",
  flags: defineFlags(`
-c, --change list | Apply Dockerfile instruction to the created image
-m, --message string | Set commit message for imported image
    --platform string | Set platform if server is multi-platform capable
`),
  takes: atLeast(1),
  run: importImage,
};

async function importImage({
  client,
  context,
  flags,
  arguments: [source = "", reference = ""],
}: Invocation): Promise<number> {
  const isRemote = /^https?:\/\//.test(source);
  if (reference !== "") checkReference(reference);
  const body = isRemote ? undefined : source === "-" ? context.stdin.stream() : await context.files.read(source);
  const response = await client.call({
    method: "POST",
    path: "/images/create",
    query: {
      fromSrc: isRemote ? source : "-",
      repo: reference,
      message: flags.string("message"),
      platform: flags.string("platform").toLowerCase(),
      changes: flags.list("change"),
    },
    ...(body && { body, headers: { "content-type": "text/plain" } }),
  });
  await showProgress(response.body, context.stdout);
  return 0;
}
