import { EngineError } from "../../base/errors.ts";
import { json } from "../responses.ts";
import { type Route, route } from "../router.ts";

const NOT_A_SWARM_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

/** All that only a swarm's manager answers. */
const MANAGERS = [
  "GET /swarm",
  "POST /swarm/update",
  "GET /swarm/unlockkey",
  "POST /swarm/unlock",
  ...["nodes", "services", "secrets", "configs"].flatMap((kind) => [
    `GET /${kind}`,
    `GET /${kind}/{id}`,
    `DELETE /${kind}/{id}`,
    `POST /${kind}/{id}/update`,
  ]),
  ...["services", "secrets", "configs"].map((kind) => `POST /${kind}/create`),
  "GET /services/{id}/logs",
  "GET /tasks",
  "GET /tasks/{id}",
  "GET /tasks/{id}/logs",
];

/** What is done to a plugin that is installed: none is. */
const PLUGINS = [
  "GET /plugins/{name}/json",
  "DELETE /plugins/{name}",
  "POST /plugins/{name}/enable",
  "POST /plugins/{name}/disable",
  "POST /plugins/{name}/push",
  "POST /plugins/{name}/set",
  "POST /plugins/{name}/upgrade",
];

/** What an engine answers that is in no swarm and has no plugins; joining and installing are refused (`support.ts`). */
export function absentRoutes(): readonly Route[] {
  return [
    ...MANAGERS.map((operation) => failing(operation, () => new EngineError("unavailable", NOT_A_SWARM_MANAGER))),
    failing("POST /swarm/leave", () => new EngineError("unavailable", "This node is not part of a swarm")),
    ...PLUGINS.map((operation) =>
      failing(operation, (name) => new EngineError("not-found", `plugin "${name}" not found`)),
    ),
    route("GET", "/plugins", () => json([])),
  ];
}

function failing(operation: string, error: (name: string) => EngineError): Route {
  const [method = "", path = ""] = operation.split(" ");
  return route(method, path, ({ params }) => {
    throw error(params["name"] ?? "");
  });
}
