import { EngineError, isKind } from "../../base/errors.ts";
import type { Network } from "../../network/network.ts";
import { parseFilters } from "../../wire/filters.ts";
import { parseNetworkConnect, parseNetworkCreate, parseNetworkDisconnect, toWireNetwork } from "../../wire/networks.ts";
import { type ApiRequest, bodyText, param } from "../api-request.ts";
import { networkFilter, prunableNetworks } from "../network-filters.ts";
import { empty, json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";

/** Networks, and containers' places on them. */
export function networkRoutes(services: Services): readonly Route[] {
  return [
    route("GET", "/networks", (request) => list(services, request)),
    route("GET", "/networks/", (request) => list(services, request)),
    route("POST", "/networks/create", async (request) => {
      const network = await services.network.create(parseNetworkCreate(await bodyText(request)));
      networkEvent(services, "create", network);
      return json({ Id: network.id, Warning: "" }, 201);
    }),
    route("POST", "/networks/prune", (request) => prune(services, request)),
    route("POST", "/networks/{id}/connect", async (request) => {
      const { container, request: wishes } = parseNetworkConnect(await bodyText(request));
      await services.containers.connectNetwork(container, param(request, "id"), wishes);
      return empty(200);
    }),
    route("POST", "/networks/{id}/disconnect", async (request) => {
      const { container, force } = parseNetworkDisconnect(await bodyText(request));
      await services.containers.disconnectNetwork(container, param(request, "id"), { force });
      return empty(200);
    }),
    route("GET", "/networks/{id}", (request) => {
      const wanted = param(request, "id");
      const scope = request.query.get("scope") ?? "";
      checkBoolean(request.query.get("verbose") ?? "");
      if (scope !== "" && scope !== "local") throw new EngineError("not-found", `network ${wanted} not found`);
      const network = services.network.get(wanted);
      return json(toWireNetwork(network, services.network.endpoints(network.id)));
    }),
    route("DELETE", "/networks/{id}", async (request) => {
      networkEvent(services, "destroy", await services.network.remove(param(request, "id")));
      return empty();
    }),
  ];
}

function list(services: Services, request: ApiRequest): ReturnType<typeof json> {
  const matches = networkFilter(parseFilters(request.query.get("filters")));
  const networks = services.network.list().filter((network) => matches(network, isUsed(services, network)));
  return json(networks.map((network) => toWireNetwork(network, [])));
}

async function prune(services: Services, request: ApiRequest): Promise<ReturnType<typeof json>> {
  const isWanted = prunableNetworks(parseFilters(request.query.get("filters")), services.clock.now());
  const deleted: string[] = [];
  for (const network of services.network.list()) {
    if (!isWanted(network, isUsed(services, network))) continue;
    try {
      networkEvent(services, "destroy", await services.network.remove(network.id));
      deleted.push(network.name);
    } catch (error) {
      // Somebody came to use it, or removed it, since the list was made.
      if (!isKind(error, "forbidden", "not-found")) throw error;
    }
  }
  services.events.publish({ type: "network", action: "prune", id: "", attributes: { reclaimed: "0" } });
  return json({ NetworksDeleted: deleted.length > 0 ? deleted : null });
}

function isUsed({ network }: Services, { id }: Network): boolean {
  return network.endpoints(id).length > 0;
}

function networkEvent({ events }: Services, action: "create" | "destroy", { id, name, driver }: Network): void {
  events.publish({ type: "network", action, id, attributes: { name, type: driver } });
}

/** Go's `strconv.ParseBool`. */
function checkBoolean(text: string): void {
  if (text !== "" && !/^(?:[01tTfF]|true|TRUE|True|false|FALSE|False)$/.test(text))
    throw new EngineError(
      "invalid-argument",
      `invalid value for verbose: ${text}: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
}
