/** BuildKit's services, as far as Docker's clients use them: `moby.buildkit.v1.Control` and the gateway that their own frontend calls. */
import type { BuildService } from "../build/build-service.ts";
import type { VertexWarning } from "../build/build-status.ts";
import { encodeUtf8 } from "../base/streams.ts";
import { GRPC_CODE, type GrpcCall, GrpcError, valueOf } from "../http2/grpc.ts";
import { encodeBuildStatus } from "../wire/build-status.ts";
import { ProtoWriter } from "../wire/protobuf.ts";
import type { ReceiveContext } from "./build-inputs.ts";
import type { ClientSessions } from "./client-session.ts";
import { exportResult } from "./exporters.ts";
import { asGrpcError } from "./grpc-errors.ts";
import { lintMetadata } from "./lint-result.ts";
import * as messages from "./messages.ts";
import { ProtoMessage } from "./proto-message.ts";
import { type Solved, SolveJob } from "./solve-job.ts";
import { SolveJobs } from "./solve-jobs.ts";

export interface ControlPorts {
  readonly builder: BuildService;
  readonly receiveContext: ReceiveContext;
  readonly sessions: ClientSessions;
  /** Address of the machine on the containers' network, for `--add-host name:host-gateway`. */
  readonly hostGateway: () => string;
}

const CONTROL = "/moby.buildkit.v1.Control/";
const BRIDGE = "/moby.buildkit.v1.frontend.LLBBridge/";
/** Names the build that a call of the gateway belongs to. */
const BUILD_ID = "buildkit-controlapi-buildid";
/** Of BuildKit's `frontend/gateway/pb/caps.go`, those that are true here. */
const CAPABILITIES = [
  "solve.base",
  "solve.inlinereturn",
  "return",
  "returnmap",
  "proto.refarray",
  "gateway.solve.metadata",
];

type Unary = (message: Uint8Array, call: GrpcCall) => Promise<Uint8Array>;

export class Control {
  readonly #ports: ControlPorts;
  readonly #jobs = new SolveJobs();
  readonly #unary: ReadonlyMap<string, Unary>;
  readonly #streams: ReadonlyMap<string, (call: GrpcCall) => Promise<void>>;

  constructor(ports: ControlPorts) {
    this.#ports = ports;
    this.#unary = new Map<string, Unary>([
      [`${CONTROL}Info`, () => Promise.resolve(messages.encodeInfo())],
      [`${CONTROL}ListWorkers`, () => Promise.resolve(messages.encodeWorkers(this.#workers()))],
      [`${CONTROL}DiskUsage`, () => this.#diskUsage()],
      [`${CONTROL}Solve`, (message, call) => this.#solve(messages.decodeControlSolve(message), call)],
      [
        `${BRIDGE}Ping`,
        async (_, call) => (await this.#jobOf(call), messages.encodePong(CAPABILITIES, this.#workers())),
      ],
      [`${BRIDGE}Solve`, (message, call) => this.#gatewaySolve(messages.decodeGatewaySolve(message), call)],
      [`${BRIDGE}Return`, (message, call) => this.#return(message, call)],
      [`${BRIDGE}Inputs`, () => Promise.resolve(new Uint8Array(0))],
      [`${BRIDGE}Warn`, () => Promise.resolve(new Uint8Array(0))],
    ]);
    this.#streams = new Map([
      [`${CONTROL}Status`, (call) => this.#status(call)],
      [`${CONTROL}Prune`, (call) => this.#prune(call)],
      [`${CONTROL}Session`, (call) => this.#session(call)],
    ]);
  }

  /** Serves one call. @throws GrpcError */
  readonly serve = async (call: GrpcCall): Promise<void> => {
    const unary = this.#unary.get(call.method);
    const stream = this.#streams.get(call.method);
    try {
      if (unary) await call.send(await unary(await onlyMessage(call), call));
      else if (stream) await stream(call);
      else throw new GrpcError(GRPC_CODE.unimplemented, `unknown method ${call.method}`);
    } catch (error) {
      throw asGrpcError(error);
    }
  };

  #workers(): readonly messages.WorkerDescription[] {
    const labels = new Map([
      ["org.mobyproject.buildkit.worker.executor", "oci"],
      ["org.mobyproject.buildkit.worker.moby.host-gateway-ip", this.#ports.hostGateway()],
    ]);
    return [{ id: "drydock", labels }];
  }

  async #solve(request: messages.ControlSolveRequest, { signal }: GrpcCall): Promise<Uint8Array> {
    const session = await this.#ports.sessions.get(request.session);
    await using job = new SolveJob(this.#ports, session, request.exporters);
    using _entry = this.#jobs.add(request.reference, job);
    const cancel = (): void => job.cancel(new GrpcError(GRPC_CODE.canceled, "context canceled"));
    signal.addEventListener("abort", cancel, { once: true });
    if (request.frontend === "") {
      const solved = await job.returned;
      return messages.encodeControlSolved(await exportResult(session, request.exporters, solved?.result));
    }
    requireDockerfile(request.frontend);
    const { result } = await job.solve(request.attributes);
    return messages.encodeControlSolved(await exportResult(session, request.exporters, result));
  }

  async #gatewaySolve(
    request: { readonly frontend: string; readonly attributes: ReadonlyMap<string, string> },
    call: GrpcCall,
  ): Promise<Uint8Array> {
    const job = await this.#jobOf(call);
    requireDockerfile(request.frontend);
    const subrequest = request.attributes.get("requestid");
    if (subrequest !== undefined && subrequest !== "frontend.lint")
      throw new GrpcError(GRPC_CODE.unimplemented, `unsupported subrequest ${subrequest}`);
    try {
      const solved = await job.solve(request.attributes);
      return subrequest === undefined
        ? messages.encodeGatewaySolved(solved.id, configOf(solved))
        : messages.encodeGatewaySolved("", lintMetadata(await warningsOf(job)));
    } catch (error) {
      job.failure = error;
      throw error;
    }
  }

  async #return(message: Uint8Array, call: GrpcCall): Promise<Uint8Array> {
    const job = await this.#jobOf(call);
    const returned = messages.decodeReturn(message);
    if ("reference" in returned) job.finish(returned.reference);
    else job.fail(job.failure ?? new GrpcError(returned.error.code, returned.error.message));
    return new Uint8Array(0);
  }

  async #status(call: GrpcCall): Promise<void> {
    const job = await this.#jobs.get(new ProtoMessage(await onlyMessage(call)).text(1));
    for await (const status of job.status.read(call.signal)) await call.send(encodeBuildStatus(status));
  }

  /** A session inside this connection, for clients that were not told of `POST /session`. */
  async #session(call: GrpcCall): Promise<void> {
    const input = call.messages[Symbol.asyncIterator]();
    const readable = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await input.next();
          if (done) controller.close();
          else controller.enqueue(new ProtoMessage(value).bytes(1));
        },
      },
      { highWaterMark: 0 },
    );
    const writable = new WritableStream<Uint8Array>({
      write: (chunk) => call.send(new ProtoWriter().bytes(1, chunk).finish()),
    });
    await this.#ports.sessions.add(call.metadata, { readable, writable }).closed;
  }

  async #diskUsage(): Promise<Uint8Array> {
    const entries = await this.#ports.builder.cacheUsage();
    return entries.reduce((out, entry) => out.message(1, messages.encodeUsage(entry)), new ProtoWriter()).finish();
  }

  async #prune(call: GrpcCall): Promise<void> {
    const request = new ProtoMessage(await onlyMessage(call));
    const before = await this.#ports.builder.cacheUsage();
    const [unusedForNs, keepBytes] = [request.integer(3), request.integer(5) || request.integer(4)];
    const { entries } = await this.#ports.builder.prune({
      all: request.integer(2) !== 0,
      ...(unusedForNs > 0 && { unusedForMs: unusedForNs / 1e6 }),
      ...(keepBytes > 0 && { keepBytes }),
    });
    for (const entry of before) if (entries.includes(entry.id)) await call.send(messages.encodeUsage(entry));
  }

  async #jobOf(call: GrpcCall): Promise<SolveJob> {
    return await this.#jobs.get(valueOf(call.metadata, BUILD_ID) ?? "");
  }
}

/** `dockerfile.v0`; others would be programs of images, for another processor. */
function requireDockerfile(frontend: string): void {
  if (frontend !== "dockerfile.v0")
    throw new GrpcError(GRPC_CODE.unimplemented, `frontend ${frontend} is not supported here: only dockerfile.v0 is`);
}

function configOf({ result }: Solved): readonly (readonly [string, Uint8Array])[] {
  return [["containerimage.config", encodeUtf8(JSON.stringify(result.config))]];
}

async function warningsOf(job: SolveJob): Promise<readonly VertexWarning[]> {
  job.status.end();
  const warnings: VertexWarning[] = [];
  for await (const status of job.status.read(new AbortController().signal)) warnings.push(...(status.warnings ?? []));
  return warnings;
}

/** Not read any further: to give up the rest would be to give up the call. */
async function onlyMessage({ messages: sent }: GrpcCall): Promise<Uint8Array> {
  const { done, value } = await sent[Symbol.asyncIterator]().next();
  if (done) throw new GrpcError(GRPC_CODE.internal, "the request has no message");
  return value.slice();
}
