/** What is done with the result of a build, told as steps of it. */
import { messageOf } from "../../base/errors.ts";
import { chunksOf } from "../../base/streams.ts";
import type { BuildStatusModel } from "../../wire/build-status.ts";
import { pathName } from "../client.ts";
import type { Invocation } from "../command.ts";
import { showProgress } from "../format/pull-progress.ts";
import { formatCanonical, parseImageName, withDefaultTag } from "../image-name.ts";
import { registryAuth } from "../registry-auth.ts";
import { countedStream } from "./counted-stream.ts";
import type { BuildOutput } from "./build-outputs.ts";
import type { BuildOutcome } from "./build-stream.ts";

interface Exported {
  readonly invocation: Invocation;
  readonly outcome: BuildOutcome;
  /** What the image is called. */
  readonly names: readonly string[];
}

/** One after the other. @throws Error what went wrong, after its step has told so */
export async function* exportResult(
  outputs: readonly BuildOutput[],
  exported: Exported,
): AsyncGenerator<BuildStatusModel, void, undefined> {
  for (const output of outputs) {
    if (output.type === "local" || output.type === "tar") {
      const [name, part, put] =
        output.type === "local"
          ? (["exporting to client directory", "copying files", unpack] as const)
          : (["exporting to client tarball", "sending tarball", save] as const);
      yield* step(
        name,
        async (count) => put(exported, output.destination, countedStream(await filesOf(exported), count)),
        part,
      );
    } else if (output.type === "docker" || output.type === "oci") {
      const format = output.type === "oci" ? "oci" : "docker";
      yield* step(
        `exporting to ${format} image format`,
        async (count) => {
          const { body } = await exported.invocation.client.call({
            method: "GET",
            path: "/images/get",
            query: { names: exported.names.length > 0 ? exported.names : [exported.outcome.imageId] },
          });
          if (body !== undefined) await save(exported, output.destination, countedStream(body, count));
        },
        "sending tarball",
      );
    } else if (output.type === "image" && output.push) for (const name of exported.names) yield* push(exported, name);
  }
}

async function filesOf({ invocation, outcome }: Exported): Promise<ReadableStream<Uint8Array>> {
  const path = `/drydock/builds/${pathName(outcome.buildId)}/files`;
  const { body } = await invocation.client.call({ method: "GET", path });
  return body ?? new Blob([]).stream();
}

async function unpack(
  { invocation: { context } }: Exported,
  directory: string,
  tar: ReadableStream<Uint8Array>,
): Promise<void> {
  await context.files.makeDirectory(directory, 0o755);
  await context.files.writeTar(directory, tar);
}

async function save(
  { invocation: { context } }: Exported,
  path: string,
  tar: ReadableStream<Uint8Array>,
): Promise<void> {
  if (path !== "-") await context.files.write(path, tar, { mode: 0o644 });
  else for await (const chunk of chunksOf(tar)) await context.stdout.write(chunk);
}

async function* push({ invocation }: Exported, text: string): AsyncGenerator<BuildStatusModel, void, undefined> {
  const name = withDefaultTag(parseImageName(text));
  yield* step(`pushing ${formatCanonical(name)} with docker`, async () => {
    const { body } = await invocation.client.call({
      method: "POST",
      path: `/images/${pathName(name.canonical)}/push`,
      query: { tag: name.tag },
      headers: await registryAuth(invocation, name),
    });
    await showProgress(body, undefined);
  });
}

/** `part` is told with the bytes that went through. */
async function* step(
  name: string,
  action: (count: (bytes: number) => void) => Promise<void>,
  part?: string,
): AsyncGenerator<BuildStatusModel, void, undefined> {
  const startedMs = Date.now();
  const vertex = { digest: name, inputs: [], name, startedMs };
  let current = 0;
  yield { vertexes: [vertex] };
  try {
    await action((bytes) => (current += bytes));
    const completedMs = Date.now();
    const times = { timestampMs: completedMs, startedMs, completedMs };
    yield {
      vertexes: [{ ...vertex, completedMs }],
      ...(part !== undefined && { statuses: [{ id: part, vertex: name, current, total: 0, ...times }] }),
    };
  } catch (error) {
    yield { vertexes: [{ ...vertex, completedMs: Date.now(), error: messageOf(error) }] };
    throw error;
  }
}
