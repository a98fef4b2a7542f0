/** What a build asks of the client's session: secrets, logins, ssh agents (BuildKit's `session/{secrets,auth,sshforward}`). */
import type { BuildSession } from "../build/build-request.ts";
import { GRPC_CODE, GrpcError } from "../http2/grpc.ts";
import { ProtoWriter } from "../wire/protobuf.ts";
import type { ClientSession } from "./client-session.ts";
import { ProtoMessage } from "./proto-message.ts";

const GET_SECRET = "/moby.buildkit.secrets.v1.Secrets/GetSecret";
const CREDENTIALS = "/moby.filesync.v1.Auth/Credentials";

/** An ssh agent is a socket of the client's machine: there is no way to put that into this machine's containers yet. */
export function sessionServices(session: ClientSession): BuildSession {
  return {
    secret: async (id) => {
      if (!session.offers(GET_SECRET)) return undefined;
      try {
        const answer = await session.call(GET_SECRET, new ProtoWriter().string(1, id).finish());
        return new ProtoMessage(answer).bytes(1);
      } catch (error) {
        if (error instanceof GrpcError && error.code === GRPC_CODE.notFound) return undefined;
        throw error;
      }
    },
    registryAuth: async (host) => {
      if (!session.offers(CREDENTIALS)) return undefined;
      const answer = new ProtoMessage(await session.call(CREDENTIALS, new ProtoWriter().string(1, host).finish()));
      const [username, password] = [answer.text(1), answer.text(2)];
      return password === "" ? undefined : { username, password };
    },
    sshAgent: () => Promise.resolve(undefined),
  };
}
