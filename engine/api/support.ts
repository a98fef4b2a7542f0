import { EngineError } from "../base/errors.ts";
import { type Route, route } from "./router.ts";

/** How far an operation of Docker's API goes here. `partial` says what is missing, `none` is answered with 501. */
export type Support = "full" | "none" | { readonly partial: string };

/** One line per operation of Docker's specification (and the two that it leaves out): `METHOD path`. */
export const SUPPORT: Readonly<Record<string, Support>> = {
  "GET /_ping": "full",
  "HEAD /_ping": "full",
  "GET /version": "full",
  "GET /info": "full",
  "GET /events": { partial: "events of containers and images" },
  "GET /system/df": "none",
  "POST /auth": "none",

  "GET /containers/json": "full",
  "POST /containers/create": {
    partial: "settings without effect are refused by name (wire/host-config-unsupported.ts)",
  },
  "POST /containers/prune": "full",
  "GET /containers/{id}/json": { partial: "ExecIDs is always null" },
  "GET /containers/{id}/top": { partial: "only where the engine is wired with it" },
  "GET /containers/{id}/logs": { partial: "no details" },
  "GET /containers/{id}/changes": "none",
  "GET /containers/{id}/export": "none",
  "GET /containers/{id}/stats": "none",
  "POST /containers/{id}/resize": "full",
  "POST /containers/{id}/start": "full",
  "POST /containers/{id}/stop": "full",
  "POST /containers/{id}/restart": { partial: "no signal" },
  "POST /containers/{id}/kill": "full",
  "POST /containers/{id}/update": "none",
  "POST /containers/{id}/rename": "full",
  "POST /containers/{id}/pause": "full",
  "POST /containers/{id}/unpause": "full",
  "POST /containers/{id}/attach": "full",
  "GET /containers/{id}/attach/ws": "none",
  "POST /containers/{id}/wait": "full",
  "DELETE /containers/{id}": { partial: "no link" },
  "HEAD /containers/{id}/archive": "none",
  "GET /containers/{id}/archive": "none",
  "PUT /containers/{id}/archive": "none",

  "POST /containers/{id}/exec": "full",
  "POST /exec/{id}/start": "full",
  "POST /exec/{id}/resize": "full",
  "GET /exec/{id}/json": "full",

  "GET /images/json": "full",
  "POST /images/create": { partial: "pull only, one tag at a time; no import" },
  "POST /images/load": "none",
  "POST /images/prune": "full",
  "GET /images/get": "none",
  "GET /images/search": "none",
  "GET /images/{name}/json": { partial: "one platform; GraphDriver is empty" },
  "GET /images/{name}/history": "full",
  "GET /images/{name}/get": "none",
  "POST /images/{name}/push": "none",
  "POST /images/{name}/tag": "full",
  "DELETE /images/{name}": { partial: "noprune has no effect: there are no untagged parents" },
  "POST /build": "none",
  "POST /build/prune": "none",
  "POST /commit": "none",
  "GET /distribution/{name}/json": "none",
  "POST /session": "none",
  "POST /grpc": "none",

  "GET /networks": { partial: "no filters" },
  "GET /networks/{id}": "full",
  "DELETE /networks/{id}": "none",
  "POST /networks/create": "none",
  "POST /networks/{id}/connect": "none",
  "POST /networks/{id}/disconnect": "none",
  "POST /networks/prune": "none",

  "GET /volumes": "none",
  "GET /volumes/{name}": { partial: "there are no volumes yet: always 404" },
  "POST /volumes/create": "none",
  "PUT /volumes/{name}": "none",
  "DELETE /volumes/{name}": "none",
  "POST /volumes/prune": "none",

  "GET /plugins": { partial: "there are no plugins" },
  "GET /plugins/{name}/json": { partial: "there are no plugins: always 404" },
  "GET /plugins/privileges": "none",
  "POST /plugins/pull": "none",
  "POST /plugins/create": "none",
  "DELETE /plugins/{name}": "none",
  "POST /plugins/{name}/enable": "none",
  "POST /plugins/{name}/disable": "none",
  "POST /plugins/{name}/upgrade": "none",
  "POST /plugins/{name}/push": "none",
  "POST /plugins/{name}/set": "none",

  "GET /swarm": { partial: "never in a swarm: always 503" },
  "POST /swarm/init": "none",
  "POST /swarm/join": "none",
  "POST /swarm/leave": "none",
  "POST /swarm/update": "none",
  "GET /swarm/unlockkey": "none",
  "POST /swarm/unlock": "none",
  "GET /nodes": { partial: "never in a swarm: always 503" },
  "GET /nodes/{id}": "none",
  "DELETE /nodes/{id}": "none",
  "POST /nodes/{id}/update": "none",
  "GET /services": { partial: "never in a swarm: always 503" },
  "POST /services/create": "none",
  "GET /services/{id}": "none",
  "DELETE /services/{id}": "none",
  "POST /services/{id}/update": "none",
  "GET /services/{id}/logs": "none",
  "GET /tasks": { partial: "never in a swarm: always 503" },
  "GET /tasks/{id}": "none",
  "GET /tasks/{id}/logs": "none",
  "GET /secrets": { partial: "never in a swarm: always 503" },
  "POST /secrets/create": "none",
  "GET /secrets/{id}": "none",
  "DELETE /secrets/{id}": "none",
  "POST /secrets/{id}/update": "none",
  "GET /configs": { partial: "never in a swarm: always 503" },
  "POST /configs/create": "none",
  "GET /configs/{id}": "none",
  "DELETE /configs/{id}": "none",
  "POST /configs/{id}/update": "none",
};

/** A 501 for every operation that Docker has and this engine has not, so that a client never mistakes it for a wrong path. */
export function unsupportedRoutes(): readonly Route[] {
  return Object.entries(SUPPORT)
    .filter(([, support]) => support === "none")
    .map(([operation]) => {
      const [method, path] = operation.split(" ") as [string, string];
      return route(method, path, () => {
        throw new EngineError("not-implemented", `${operation} is not implemented yet`);
      });
    });
}
