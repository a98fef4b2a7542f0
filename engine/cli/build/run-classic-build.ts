/** `DOCKER_BUILDKIT=0 docker build`: what the engine says, printed as it comes. */
import { messageOf } from "../../base/errors.ts";
import { encodeUtf8, streamOf } from "../../base/streams.ts";
import type { ProgressMessage } from "../../wire/progress.ts";
import { humanSize } from "../../wire/sizes.ts";
import { jsonLinesOf } from "../client.ts";
import { CommandError, type Invocation } from "../command.ts";
import { checkReference } from "../image-name.ts";
import { print } from "../output.ts";
import { type LocalBuild, prepareContext } from "./build-context.ts";
import { registryConfig } from "./build-session.ts";
import { countedStream } from "./counted-stream.ts";

/** @throws CommandError with the exit code of the step that failed */
export async function runClassicBuild(invocation: Invocation): Promise<number> {
  const { client, context, flags } = invocation;
  for (const tag of flags.list("tag")) checkTag(tag);
  const local = await findContext(invocation);
  const session = local.dockerfile && (await openSession(invocation, local, local.dockerfile));
  const body = await local.body?.();
  const sent = { bytes: 0 };
  const quiet = flags.boolean("quiet");
  const { body: answer } = await client.call({
    method: "POST",
    path: "/build",
    query: {
      remote: local.remote,
      dockerfile: local.dockerfilePath,
      session,
      t: flags.list("tag"),
      q: quiet,
      target: flags.string("target"),
      buildargs: json(pairs(flags.list("build-arg"), (name) => context.env.get(name) ?? null)),
      labels: json(pairs(flags.list("label"), () => "")),
      cachefrom: flags.list("cache-from").length === 0 ? undefined : JSON.stringify(flags.list("cache-from")),
      nocache: flags.boolean("no-cache"),
      pull: flags.boolean("pull"),
      rm: flags.boolean("rm") ? "1" : "0",
      forcerm: flags.boolean("force-rm"),
      platform: flags.string("platform"),
      networkmode: flags.string("network") === "default" ? "" : flags.string("network"),
      extrahosts: flags.list("add-host"),
      shmsize: flags.number("shm-size") || undefined,
      memory: flags.number("memory") || undefined,
    },
    headers: { "content-type": "application/x-tar", ...(await registryConfig(invocation)) },
    ...(body && { body: countedStream(body, (bytes) => void (sent.bytes += bytes)) }),
  });
  if (!quiet && local.remote === "" && body !== undefined)
    await print(context.stdout, `Sending build context to Docker daemon ${humanSize(sent.bytes).padStart(8)}\n`);
  const imageId = await printMessages(invocation, answer);
  if (flags.string("iidfile") !== "" && imageId !== "")
    await context.files.write(flags.string("iidfile"), streamOf(encodeUtf8(imageId)), { mode: 0o644 });
  return 0;
}

async function printMessages({ context }: Invocation, answer: ReadableStream<Uint8Array> | undefined): Promise<string> {
  let imageId = "";
  for await (const message of jsonLinesOf(answer, (line) => JSON.parse(line) as ProgressMessage)) {
    const { stream, aux, error, errorDetail } = message;
    if (aux !== undefined) imageId = (aux as { readonly ID?: string }).ID ?? imageId;
    if (stream !== undefined) await print(context.stdout, stream);
    if (error !== undefined) throw new CommandError(error, errorDetail?.code ?? 1);
  }
  return imageId;
}

/** @throws CommandError in the words of the old client */
async function findContext({ context, flags, arguments: words }: Invocation): Promise<LocalBuild> {
  try {
    return await prepareContext(context, words[0] as string, flags.string("file"));
  } catch (cause) {
    const message = messageOf(cause).replace(/^ERROR: failed to build: (failed to solve: )?/, "");
    const missing = /^failed to read dockerfile: open (.*): no such file or directory$/.exec(message)?.[1];
    const path = flags.string("file") || `${words[0]}/${missing}`;
    throw new CommandError(
      missing === undefined
        ? message
        : `unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat ${absolute(context.cwd, path)}: no such file or directory`,
      1,
      { cause },
    );
  }
}

function absolute(cwd: string, path: string): string {
  return path.startsWith("/") ? path : `${cwd}/${path.replace(/^(\.\/+)+/, "")}`;
}

async function openSession(
  { client }: Invocation,
  { directory }: LocalBuild,
  { name, text }: NonNullable<LocalBuild["dockerfile"]>,
): Promise<string> {
  const { Id } = await client.json<{ readonly Id: string }>({
    method: "POST",
    path: "/drydock/build-sessions",
    json: { Dockerfile: { Name: name, Text: text }, ...(directory !== undefined && { ContextPath: directory }) },
  });
  return Id;
}

function checkTag(text: string): void {
  try {
    checkReference(text);
  } catch (cause) {
    throw new CommandError(`invalid argument ${JSON.stringify(text)} for "-t, --tag" flag: ${messageOf(cause)}`, 125, { cause }); // prettier-ignore
  }
}

function pairs(
  list: readonly string[],
  absent: (name: string) => string | null,
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    list.map((text) => {
      const equals = text.indexOf("=");
      return equals < 0 ? [text, absent(text)] : [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}

const json = (value: object): string | undefined =>
  Object.keys(value).length === 0 ? undefined : JSON.stringify(value);
