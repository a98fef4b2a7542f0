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
  "GET /events": "full",
  "GET /system/df": "full",
  "POST /auth": "full",

  "GET /containers/json": "full",
  "POST /containers/create": {
    partial:
      "what the kernel or the machine has not (GPUs, AppArmor, quotas, …) is refused by name: docs/container-settings.md; an image is needed",
  },
  "POST /containers/prune": "full",
  "GET /containers/{id}/json": "full",
  "GET /containers/{id}/top": "full",
  "GET /containers/{id}/logs": "full",
  "GET /containers/{id}/changes": "full",
  "GET /containers/{id}/export": "full",
  "GET /containers/{id}/stats": "full",
  "POST /containers/{id}/resize": "full",
  "POST /containers/{id}/start": "full",
  "POST /containers/{id}/stop": "full",
  "POST /containers/{id}/restart": "full",
  "POST /containers/{id}/kill": "full",
  "POST /containers/{id}/update": "full",
  "POST /containers/{id}/rename": "full",
  "POST /containers/{id}/pause": "full",
  "POST /containers/{id}/unpause": "full",
  "POST /containers/{id}/attach": "full",
  "GET /containers/{id}/attach/ws": "full",
  "POST /containers/{id}/wait": "full",
  "DELETE /containers/{id}": "full",
  "HEAD /containers/{id}/archive": "full",
  "GET /containers/{id}/archive": "full",
  "PUT /containers/{id}/archive": "full",

  "POST /containers/{id}/exec": "full",
  "POST /exec/{id}/start": "full",
  "POST /exec/{id}/resize": "full",
  "GET /exec/{id}/json": "full",

  "GET /images/json": "full",
  "POST /images/create": "full",
  "POST /images/load": "full",
  "POST /images/prune": "full",
  "GET /images/get": "full",
  "GET /images/search": { partial: "Docker Hub is searched through its mirrors' catalogues only" },
  "GET /images/{name}/json": { partial: "one platform" },
  "GET /images/{name}/history": "full",
  "GET /images/{name}/get": "full",
  "POST /images/{name}/push": "full",
  "POST /images/{name}/tag": "full",
  "DELETE /images/{name}": "full",
  "POST /build": {
    partial: "one platform; `squash` and git contexts are refused, limits of CPU and swap are not looked at",
  },
  "POST /build/cancel": "full",
  "POST /build/prune": { partial: "of the filters, `until` and `unused-for` are looked at" },
  "POST /commit": "full",
  "GET /distribution/{name}/json": "full",
  "POST /session": { partial: "what a build asks its client for: files, secrets, logins; no ssh agents" },
  "POST /grpc": {
    partial:
      "what buildx asks of BuildKit: builds by the Dockerfile frontend, their status, the cache; no other frontends, no LLB, no history",
  },

  "GET /networks": "full",
  "GET /networks/{id}": "full",
  "DELETE /networks/{id}": "full",
  "POST /networks/create": { partial: "no overlay networks, no plugins; one subnet of each family" },
  "POST /networks/{id}/connect": "full",
  "POST /networks/{id}/disconnect": "full",
  "POST /networks/prune": "full",

  "GET /volumes": "full",
  "GET /volumes/{name}": "full",
  "POST /volumes/create": { partial: "the local driver, without quotas" },
  "PUT /volumes/{name}": { partial: "never in a swarm" },
  "DELETE /volumes/{name}": "full",
  "POST /volumes/prune": "full",

  "GET /plugins": { partial: "there are no plugins" },
  "GET /plugins/{name}/json": { partial: "there are no plugins" },
  "GET /plugins/privileges": "none",
  "POST /plugins/pull": "none",
  "POST /plugins/create": "none",
  "DELETE /plugins/{name}": { partial: "there are no plugins" },
  "POST /plugins/{name}/enable": { partial: "there are no plugins" },
  "POST /plugins/{name}/disable": { partial: "there are no plugins" },
  "POST /plugins/{name}/upgrade": { partial: "there are no plugins" },
  "POST /plugins/{name}/push": { partial: "there are no plugins" },
  "POST /plugins/{name}/set": { partial: "there are no plugins" },

  "GET /swarm": { partial: "never in a swarm" },
  "POST /swarm/init": "none",
  "POST /swarm/join": "none",
  "POST /swarm/leave": { partial: "never in a swarm" },
  "POST /swarm/update": { partial: "never in a swarm" },
  "GET /swarm/unlockkey": { partial: "never in a swarm" },
  "POST /swarm/unlock": { partial: "never in a swarm" },
  "GET /nodes": { partial: "never in a swarm" },
  "GET /nodes/{id}": { partial: "never in a swarm" },
  "DELETE /nodes/{id}": { partial: "never in a swarm" },
  "POST /nodes/{id}/update": { partial: "never in a swarm" },
  "GET /services": { partial: "never in a swarm" },
  "POST /services/create": { partial: "never in a swarm" },
  "GET /services/{id}": { partial: "never in a swarm" },
  "DELETE /services/{id}": { partial: "never in a swarm" },
  "POST /services/{id}/update": { partial: "never in a swarm" },
  "GET /services/{id}/logs": { partial: "never in a swarm" },
  "GET /tasks": { partial: "never in a swarm" },
  "GET /tasks/{id}": { partial: "never in a swarm" },
  "GET /tasks/{id}/logs": { partial: "never in a swarm" },
  "GET /secrets": { partial: "never in a swarm" },
  "POST /secrets/create": { partial: "never in a swarm" },
  "GET /secrets/{id}": { partial: "never in a swarm" },
  "DELETE /secrets/{id}": { partial: "never in a swarm" },
  "POST /secrets/{id}/update": { partial: "never in a swarm" },
  "GET /configs": { partial: "never in a swarm" },
  "POST /configs/create": { partial: "never in a swarm" },
  "GET /configs/{id}": { partial: "never in a swarm" },
  "DELETE /configs/{id}": { partial: "never in a swarm" },
  "POST /configs/{id}/update": { partial: "never in a swarm" },
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
