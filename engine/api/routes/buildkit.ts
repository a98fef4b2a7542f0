import { Buildkit } from "../../buildkit/buildkit.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";

/** Undefined without a builder. */
export function createBuildkit({ builder, buildContexts, network }: Services): Buildkit | undefined {
  if (builder === undefined || buildContexts === undefined) return undefined;
  return new Buildkit({
    builder,
    receiveContext: (tar, options) => buildContexts.receive(tar, options),
    hostGateway: () => network.get("bridge").subnets[0]?.gateway ?? "",
  });
}

/** BuildKit's own doors: what `docker build` with buildx knocks on. */
export function buildkitRoutes(buildkit: Buildkit | undefined): readonly Route[] {
  if (buildkit === undefined) return [];
  return [
    route("POST", "/grpc", (request) => buildkit.grpc(request)),
    route("POST", "/session", (request) => buildkit.session(request)),
  ];
}
