/** What `docker run` and `docker create` share: flags to a container, the image pulled when it is missing. */
import { messageOf } from "../../base/errors.ts";
import { streamOf, encodeUtf8 } from "../../base/streams.ts";
import type { CreatedContainer } from "../../wire/answers.ts";
import type { FlagValues } from "../args.ts";
import { isNotFound } from "../client.ts";
import { CommandError, type Invocation } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { formatFamiliar, type ImageName, parseImageName, withDefaultTag } from "../image-name.ts";
import { complain } from "../output.ts";
import type { CreateBody } from "../run-options/create-body.ts";
import { pullImage } from "./pull.ts";

const PULL_POLICIES = ["always", "missing", "never"];

/** @throws Error for a wrong `--pull` */
export function checkPullPolicy(policy: string): void {
  if (PULL_POLICIES.includes(policy)) return;
  throw new Error(`invalid pull option: '${policy}': must be one of "always", "missing" or "never"`);
}

/** @returns the container's id. @throws ApiError, Error in Docker's words */
export async function createContainer(invocation: Invocation, body: CreateBody): Promise<string> {
  const { client, context, flags } = invocation;
  const cidfile = await CidFile.open(context, flags.string("cidfile"));
  const name = parseAnyImage(body.Image);
  const pull = async (): Promise<void> => {
    const output = flags.boolean("quiet") ? undefined : context.stderr;
    await pullImage(invocation, withDefaultTag(parseImageName(body.Image)), {
      platform: flags.string("platform"),
      output,
    });
  };
  const create = (): Promise<CreatedContainer> =>
    client.json<CreatedContainer>({
      method: "POST",
      path: "/containers/create",
      query: { name: flags.string("name"), platform: flags.string("platform") },
      json: body,
    });
  if (flags.string("pull") === "always") await pull();
  const created = await create().catch(async (error: unknown) => {
    if (!isNotFound(error) || name === undefined || flags.string("pull") !== "missing") throw error;
    if (!flags.boolean("quiet"))
      await complain(context, `Unable to find image '${formatFamiliar(withDefaultTag(name))}' locally`);
    await pull();
    return await create();
  });
  for (const warning of created.Warnings ?? []) await complain(context, `WARNING: ${warning}`);
  await warnOfRisks(context, flags);
  await cidfile.write(created.Id);
  return created.Id;
}

/** Undefined for an id, which is no name to pull. */
function parseAnyImage(image: string): ImageName | undefined {
  return /^(sha256:)?[a-f0-9]{64}$/.test(image) ? undefined : parseImageName(image);
}

async function warnOfRisks(context: CommandContext, flags: FlagValues): Promise<void> {
  for (const address of flags.list("dns")) {
    if (/^(127\.|::1$)/.test(address)) {
      await complain(context, `WARNING: Localhost DNS (${address}) may fail in containers.`);
      break;
    }
  }
}

/** `--cidfile`: must not be there before, holds the id afterwards. */
class CidFile {
  readonly #context: CommandContext;
  readonly #path: string;

  private constructor(context: CommandContext, path: string) {
    this.#context = context;
    this.#path = path;
  }

  static async open(context: CommandContext, path: string): Promise<CidFile> {
    if (path !== "") {
      const exists = await context.files.read(path).then(
        async (stream) => {
          await stream.cancel();
          return true;
        },
        () => false,
      );
      if (exists)
        throw new Error(`container ID file found, make sure the other container isn't running or delete ${path}`);
    }
    return new CidFile(context, path);
  }

  async write(id: string): Promise<void> {
    if (this.#path === "") return;
    try {
      await this.#context.files.write(this.#path, streamOf(encodeUtf8(id)));
    } catch (cause) {
      throw new Error(`failed to write the container ID to the file: ${messageOf(cause)}`, { cause });
    }
  }
}

/** Docker's rules for the exit code of a container that could not be made or started; they look at the words. */
export function startFailure(error: unknown, command: "run" | "create" = "run"): CommandError {
  const message = messageOf(error);
  const code = /executable file not found|no such file or directory|system cannot find the file specified/.test(message)
    ? 127
    : /permission denied|is a directory/.test(message)
      ? 126
      : 125;
  return withHelp(message, command, code, error);
}

/** `docker: <message>` with where to find help. */
export function withHelp(message: string, command: "run" | "create", exitCode = 125, cause?: unknown): CommandError {
  return new CommandError(`docker: ${message}\n\nRun 'docker ${command} --help' for more information`, exitCode, {
    cause,
  });
}
