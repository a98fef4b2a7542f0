/** Gets what a build needs from the client: the Dockerfile, what `.dockerignore` leaves of the context, named contexts (BuildKit's `frontend/dockerui`). */
import type { ReadableLowerFiles } from "../archive/lower-files.ts";
import type { Disposals } from "../base/disposal.ts";
import { type ByteStream, collectText } from "../base/streams.ts";
import type { NamedContext } from "../build/build-request.ts";
import { readIgnoreFile } from "../dockerfile/docker-ignore.ts";
import { GRPC_CODE, GrpcError } from "../http2/grpc.ts";
import { type DirectoryRequest, readClientDirectory, readClientUpload } from "./client-files.ts";
import type { ClientSession } from "./client-session.ts";
import type { FrontendAttributes } from "./frontend-attributes.ts";

/** A tar file as files; its bytes go with the owner. */
export type ReceiveContext = (
  tar: ByteStream,
  options: { readonly signal: AbortSignal },
) => Promise<Received & AsyncDisposable>;

interface Received {
  readonly files: ReadableLowerFiles;
  readonly sizeBytes: number;
}

export interface InputPorts {
  readonly receiveContext: ReceiveContext;
  /** What is received is kept as long as this. */
  readonly owned: Disposals;
  readonly signal: AbortSignal;
}

export interface BuildInputs {
  /** Of the context. */
  readonly contextBytes: number;
  readonly dockerfile: { readonly name: string; readonly text: string };
  readonly context: ReadableLowerFiles;
  readonly namedContexts: ReadonlyMap<string, NamedContext>;
}

const DEFAULT_NAME = "Dockerfile";
const UPLOAD_HOST = "buildkit-session";
const MAX_DOCKERFILE_BYTES = 8 << 20;

/** @throws GrpcError not-found and the like, in BuildKit's words */
export async function receiveInputs(
  session: ClientSession,
  attributes: FrontendAttributes,
  ports: InputPorts,
): Promise<BuildInputs> {
  const name = attributes.get("filename") ?? DEFAULT_NAME;
  const uploaded = await uploadedContext(session, attributes.get("context") ?? "", ports);
  const directory = async (request: DirectoryRequest): Promise<Received> =>
    await received(readClientDirectory(session, request), ports);
  const ignoreNames = [`${name}.dockerignore`, ".dockerignore"];
  const definition =
    attributes.has("dockerfilekey") || uploaded === undefined
      ? await directory({ name: attributes.get("dockerfilekey") ?? "dockerfile", follow: [name, ...ignoreNames] })
      : uploaded;
  const text = await textOf(definition.files, name);
  if (text === undefined)
    throw new GrpcError(GRPC_CODE.unknown, `failed to read dockerfile: open ${name}: no such file or directory`);
  const ignore =
    (await textOf(definition.files, ignoreNames[0] as string)) ??
    (await ignoreOf(definition, uploaded, directory)) ??
    "";
  const context =
    uploaded ?? (await directory({ name: attributes.get("contextkey") ?? "context", exclude: readIgnoreFile(ignore) }));
  return {
    dockerfile: { name, text },
    context: context.files,
    contextBytes: context.sizeBytes,
    namedContexts: await namedContexts(attributes, directory),
  };
}

/** `.dockerignore` is the context's, wherever the Dockerfile is. */
async function ignoreOf(
  definition: Received,
  uploaded: Received | undefined,
  directory: (request: DirectoryRequest) => Promise<Received>,
): Promise<string | undefined> {
  const here = await textOf((uploaded ?? definition).files, ".dockerignore");
  if (here !== undefined || uploaded !== undefined) return here;
  return await textOf((await directory({ name: "context", follow: [".dockerignore"] })).files, ".dockerignore");
}

/** `docker build - < context.tar`. Undefined when the context is a directory. */
async function uploadedContext(
  session: ClientSession,
  context: string,
  ports: InputPorts,
): Promise<Received | undefined> {
  if (context === "" || context.startsWith("local:")) return undefined;
  const url = URL.canParse(context) ? new URL(context) : undefined;
  if (url?.host !== UPLOAD_HOST)
    throw new GrpcError(
      GRPC_CODE.unimplemented,
      `the context ${context} is not supported here: fetch it first, or give it to docker build on its standard input`,
    );
  return await received(readClientUpload(session, url), ports);
}

async function received(tar: ByteStream, { receiveContext, owned, signal }: InputPorts): Promise<Received> {
  return owned.use(await receiveContext(tar, { signal }));
}

async function namedContexts(
  attributes: FrontendAttributes,
  directory: (request: DirectoryRequest) => Promise<Received>,
): Promise<ReadonlyMap<string, NamedContext>> {
  const contexts = new Map<string, NamedContext>();
  for (const [key, value] of attributes) {
    if (!key.startsWith("context:")) continue;
    const name = key.slice("context:".length).toLowerCase();
    const [scheme = "", rest = ""] = value.split(/:(?:\/\/)?(.*)/s, 2);
    if (scheme === "docker-image") contexts.set(name, { type: "image", reference: rest });
    else if (scheme === "local") contexts.set(name, { type: "files", files: (await directory({ name: rest })).files });
    else throw new GrpcError(GRPC_CODE.unimplemented, `unsupported context source ${scheme} for ${name}`);
  }
  return contexts;
}

async function textOf(files: ReadableLowerFiles, path: string): Promise<string | undefined> {
  return files.find(path) === undefined ? undefined : await collectText(files.read(path), MAX_DOCKERFILE_BYTES);
}
