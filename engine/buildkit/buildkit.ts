/** The two doors of BuildKit in Docker's API: `POST /grpc`, and `POST /session`, where the client is the server. Both turn HTTP/1.1 into HTTP/2. */
import type { EngineRequest, EngineResponse } from "../api/app.ts";
import { EngineError } from "../base/errors.ts";
import type { Disposals } from "../base/disposal.ts";
import { emptyStream } from "../base/streams.ts";
import type { BuildSession } from "../build/build-request.ts";
import { serveHttp2 } from "../http2/connection.ts";
import { serveCall } from "../http2/grpc.ts";
import { type BuildInputs, receiveInputs } from "./build-inputs.ts";
import { ClientSessions } from "./client-session.ts";
import { Control, type ControlPorts } from "./control.ts";
import { sessionServices } from "./session-services.ts";

export type BuildkitPorts = Omit<ControlPorts, "sessions">;

export class Buildkit {
  readonly sessions = new ClientSessions();
  readonly #ports: BuildkitPorts;
  readonly #control: Control;

  constructor(ports: BuildkitPorts) {
    this.#ports = ports;
    this.#control = new Control({ ...ports, sessions: this.sessions });
  }

  /** @throws EngineError invalid-argument for a request that asks for no upgrade to `h2c` */
  grpc(request: EngineRequest): EngineResponse {
    return takeOver(request, (transport) => {
      serveHttp2(transport, (stream) => void serveCall(stream, this.#control.serve));
    });
  }

  /** @throws EngineError invalid-argument, as above */
  session(request: EngineRequest): EngineResponse {
    return takeOver(request, (transport) => void this.sessions.add([...request.headers], transport));
  }

  /**
   * What `POST /build?version=2&remote=client-session` gets from the session it names: how Docker's clients before buildx build.
   * @throws GrpcError
   */
  async clientInputs(
    sessionId: string,
    options: { readonly dockerfile: string; readonly owned: Disposals; readonly signal: AbortSignal },
  ): Promise<BuildInputs & { readonly session: BuildSession }> {
    const session = await this.sessions.get(sessionId);
    const attributes = new Map(options.dockerfile === "" ? [] : [["filename", options.dockerfile]]);
    const inputs = await receiveInputs(session, attributes, {
      ...options,
      receiveContext: this.#ports.receiveContext,
    });
    return { ...inputs, session: sessionServices(session) };
  }
}

type Transport = { readonly readable: ReadableStream<Uint8Array>; readonly writable: WritableStream<Uint8Array> };

function takeOver(request: EngineRequest, use: (transport: Transport) => void): EngineResponse {
  const wanted = request.headers.get("upgrade") ?? "";
  if (wanted === "") throw new EngineError("invalid-argument", "no upgrade proto in request");
  if (wanted !== "h2c") throw new EngineError("invalid-argument", `protocol ${wanted} not supported`);
  const output = new TransformStream<Uint8Array, Uint8Array>();
  use({ readable: request.input ?? request.body ?? emptyStream(), writable: output.writable });
  return { status: 200, headers: new Map([["upgrade", wanted]]), body: output.readable, hijack: true };
}
