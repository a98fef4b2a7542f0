/** What only `docker build` itself knows of a build goes to the engine in a session (docs/decisions/0016-drydock-routes.md). */
import { encodeBase64 } from "../../base/base64.ts";
import { messageOf } from "../../base/errors.ts";
import { encodeUtf8, streamOf } from "../../base/streams.ts";
import type { WireBuildSession } from "../../wire/builds.ts";
import type { Invocation } from "../command.ts";
import { ConfigFile } from "../config-file.ts";
import { namedDirectory, type LocalBuild } from "./build-context.ts";
import { buildError } from "./build-failure.ts";
import type { BuildOptions } from "./build-options.ts";
import { wantsFilesOnly } from "./build-outputs.ts";

/** Places of named contexts that the engine finds itself. */
const ENGINE_PLACES = /^(docker-image|target):/;

/** Makes a session with all its parts. @returns its id */
export async function openBuildSession(
  { client, context }: Pick<Invocation, "client" | "context">,
  options: BuildOptions,
  local: LocalBuild,
): Promise<string> {
  const secrets = await Promise.all(options.secrets.map((secret) => readSecret(context, secret)));
  const sockets = [...options.ssh].map(([id, path]) => [id, agentSocket(context, id, path)] as const);
  for (const [id, socket] of sockets)
    if ((await context.files.stat(socket, { follow: true })) === undefined)
      throw agentError(id, options.ssh.get(id) ?? "", `failed to convert agent config for ID: ${JSON.stringify(id)}: stat ${socket}: no such file or directory`); // prettier-ignore
  const named = [...options.namedContexts];
  for (const [name, place] of named)
    if (!ENGINE_PLACES.test(place) && /^[a-z-]+:\/\//.test(place))
      throw buildError(
        `the context ${name} cannot be taken from ${place}: only a directory, docker-image:// and target: can`,
      );
  const session: WireBuildSession = {
    ...(local.dockerfile && { Dockerfile: { Name: local.dockerfile.name, Text: local.dockerfile.text } }),
    ...(local.directory !== undefined && { ContextPath: local.directory }),
    NoCacheFilter: options.noCacheFilter,
    Check: options.call.name === "check",
    NamedContexts: Object.fromEntries(named.filter(([, place]) => ENGINE_PLACES.test(place))),
    KeepFiles: wantsFilesOnly(options.outputs),
  };
  const { Id } = await client.json<{ readonly Id: string }>({ method: "POST", path: "/drydock/build-sessions", json: session }); // prettier-ignore
  const path = `/drydock/build-sessions/${Id}`;
  for (const { id, bytes } of secrets)
    if (bytes !== undefined)
      await client.send({ method: "PUT", path: `${path}/secrets/${encodeURIComponent(id)}`, body: bytes });
  for (const [id, socket] of sockets)
    await client.send({ method: "PUT", path: `${path}/ssh/${encodeURIComponent(id)}`, query: { socket } });
  for (const [name, place] of named.filter(([, where]) => !ENGINE_PLACES.test(where)))
    await client.send({
      method: "PUT",
      path: `${path}/contexts/${encodeURIComponent(name)}`,
      body: await namedDirectory(context, name, place),
    });
  return Id;
}

/** A variable by its name; a file by its path; with neither, a variable or a file of the secret's name. */
async function readSecret(
  { env, files }: Invocation["context"],
  { id, path, variable }: BuildOptions["secrets"][number],
): Promise<{ readonly id: string; readonly bytes: ReadableStream<Uint8Array> | undefined }> {
  const name = variable ?? (path === undefined && env.has(id) ? id : undefined);
  if (name !== undefined) {
    const value = env.get(name);
    return { id, bytes: value === undefined ? undefined : streamOf(encodeUtf8(value)) };
  }
  const file = path ?? id;
  if ((await files.stat(file, { follow: true })) === undefined)
    throw buildError(`failed to stat ${file}: stat ${file}: no such file or directory`);
  try {
    return { id, bytes: await files.read(file) };
  } catch (cause) {
    throw buildError(messageOf(cause), cause);
  }
}

/** Only agents: keys would have to be read by one. */
function agentSocket({ env, cwd }: Invocation["context"], id: string, path: string): string {
  const socket = path === "" ? env.get("SSH_AUTH_SOCK") : path;
  if (socket === undefined || socket === "")
    throw agentError(id, path, "invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set");
  return socket.startsWith("/") ? socket : `${cwd}/${socket}`;
}

function agentError(id: string, path: string, reason: string): Error {
  return buildError(`failed to convert agent config {${id} [${path}] false}: ${reason}`);
}

/** The `X-Registry-Config` header: all logins that the user has. */
export async function registryConfig({
  context,
  configDirectory,
}: Pick<Invocation, "context" | "configDirectory">): Promise<Readonly<Record<string, string>>> {
  const config = await ConfigFile.open(context, configDirectory);
  const logins = Object.fromEntries(
    config.servers().map((server) => {
      const { username = "", password = "" } = config.credentials(server) ?? {};
      return [server, { username, password, serveraddress: server }];
    }),
  );
  const text = encodeBase64(encodeUtf8(JSON.stringify(logins)));
  return { "x-registry-config": text.replaceAll("+", "-").replaceAll("/", "_") };
}
