/**
 * Sessions of Docker's clients (BuildKit's `session/`): the client opens `POST /session`, turns the connection around, and serves gRPC on
 * it: its files, its secrets, its logins.
 */
import type { ByteStream } from "../base/streams.ts";
import { Http2Connection } from "../http2/connection.ts";
import { callUnary, GRPC_CODE, GrpcClientCall, GrpcError } from "../http2/grpc.ts";
import type { HeaderList } from "../http2/hpack.ts";
import { AwaitedMap } from "./awaited-map.ts";

const ID_HEADER = "x-docker-expose-session-uuid";
const METHOD_HEADER = "x-docker-expose-session-grpc-method";
/** BuildKit waits 5 seconds for a session that is still being opened. */
const WAIT_MS = 5000;

interface Transport {
  readonly readable: ByteStream;
  readonly writable: WritableStream<Uint8Array>;
}

/** A client that is there to be asked. */
export class ClientSession {
  readonly id: string;
  readonly closed: Promise<void>;
  readonly #connection: Http2Connection;
  readonly #methods: ReadonlySet<string>;

  constructor(id: string, methods: readonly string[], transport: Transport) {
    this.id = id;
    this.#connection = new Http2Connection(transport, { role: "client" });
    this.#methods = new Set(methods.map((method) => method.toLowerCase()));
    this.closed = this.#connection.closed;
  }

  /** Whether the client offers a method, for example `/moby.buildkit.secrets.v1.Secrets/GetSecret`. */
  offers(method: string): boolean {
    return this.#methods.has(method.toLowerCase());
  }

  open(method: string, metadata: HeaderList = []): GrpcClientCall {
    return new GrpcClientCall(this.#connection, method, metadata);
  }

  async call(method: string, message: Uint8Array): Promise<Uint8Array> {
    return await callUnary(this.#connection, method, message);
  }

  end(): void {
    this.#connection[Symbol.dispose]();
  }
}

/** The sessions that are open. */
export class ClientSessions {
  readonly #sessions = new AwaitedMap<ClientSession>();

  /**
   * Takes a connection that was turned around.
   * @param metadata what the client said of it; several methods may be in one header, with commas, or in several
   * @throws GrpcError invalid-argument without an id
   */
  add(metadata: HeaderList, transport: Transport): ClientSession {
    const values = (name: string): readonly string[] =>
      metadata.filter(([each]) => each.toLowerCase() === name).flatMap(([, value]) => value.split(/\s*,\s*/));
    const [id = ""] = values(ID_HEADER);
    if (id === "") throw new GrpcError(GRPC_CODE.invalidArgument, "the session has no id");
    const session = new ClientSession(id, values(METHOD_HEADER), transport);
    this.#sessions.peek(id)?.end();
    this.#sessions.set(id, session);
    void session.closed.then(() => this.#sessions.peek(id) === session && this.#sessions.delete(id));
    return session;
  }

  /** Clients open the session and ask for the build at the same time. @throws GrpcError when it does not come */
  async get(id: string): Promise<ClientSession> {
    const session = await this.#sessions.get(id, WAIT_MS);
    if (session) return session;
    throw new GrpcError(GRPC_CODE.unavailable, `no active session for ${id}: context deadline exceeded`);
  }
}
