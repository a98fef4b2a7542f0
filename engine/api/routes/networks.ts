import { EngineError } from "../../base/errors.ts";
import { toWireNetwork } from "../../wire/networks.ts";
import { json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { NetworkRecord, Services } from "../services.ts";
import { param } from "../api-request.ts";

/** The networks that exist; making others is a later matter. */
export function networkRoutes(services: Services): readonly Route[] {
  const networks = (): readonly NetworkRecord[] => services.network?.list() ?? [];
  return [
    route("GET", "/networks", () => json(networks().map((network) => toWireNetwork(network, [])))),
    route("GET", "/networks/{id}", (request) => {
      const wanted = param(request, "id");
      const network =
        networks().find(({ id, name }) => name === wanted || id === wanted) ??
        networks().find(({ id }) => id.startsWith(wanted));
      if (network === undefined) throw new EngineError("not-found", `network ${wanted} not found`);
      return json(toWireNetwork(network, services.containers.list({ all: false })));
    }),
  ];
}
