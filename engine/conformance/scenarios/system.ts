import type { Scenario } from "../scenario.ts";

/** Negotiation, errors of paths and versions, and what an engine outside a swarm says. */
export const system: Scenario = {
  name: "system",
  run: async (api) => {
    await api.call("GET /_ping");
    await api.call("HEAD /_ping");
    await api.call("GET /!/v1.23/containers/json");
    await api.call("GET /!/v1.99/containers/json");
    await api.call("GET /!/v1.24/containers/json");
    await api.call("GET /!/nothing");
    await api.call("GET /nothing");
    await api.call("PUT /containers/json");
    await api.call("POST /containers/create", { text: "{" });
    await api.call("POST /containers/create", { json: { Image: 5 } });
    await api.call("POST /containers/create", { json: [] });
    await api.call("POST /containers/create", { text: "" });
    await api.call("POST /containers/create", { text: "{}", headers: { "content-type": "text/plain" } });
    await api.call("POST /containers/create", { text: "{}", headers: { "content-type": "" } });
    await api.call("POST /containers/create", { text: "{} {}" });
    await api.call("POST /containers/create", { text: "[".repeat(20_000) });
    for (const path of ["swarm", "nodes", "services", "tasks", "secrets", "configs"]) await api.call(`GET /${path}`);
    for (const path of ["nodes", "services", "tasks", "secrets", "configs"]) await api.call(`GET /${path}/x`);
    for (const path of ["nodes", "services", "secrets", "configs"]) {
      await api.call(`DELETE /${path}/x`);
      await api.call(`POST /${path}/x/update?version=1`, { json: {} });
    }
    for (const path of ["services", "tasks"]) await api.call(`GET /${path}/x/logs?stdout=1`);
    await api.call("POST /configs/create", { json: { Name: "x" } });
    await api.call("POST /swarm/unlock", { json: { UnlockKey: "x" } });
    await api.call("GET /swarm/unlockkey");
    await api.call("POST /swarm/leave");
    await api.call("POST /swarm/update?version=1", { json: {} });
    await api.call("POST /services/create", { json: { Name: "x" } });
    await api.call("POST /secrets/create", { json: { Name: "x" } });
    await api.call("GET /plugins");
    await api.call("GET /plugins/x/json");
    await api.call("DELETE /plugins/x");
    await api.call("POST /plugins/x/enable?timeout=0");
    await api.call("POST /plugins/x/disable");
    await api.call("POST /plugins/x/set", { json: [] });
    await api.call("POST /plugins/x/push");
    await api.call("GET /containers/json?filters=nonsense");
    await api.call('GET /containers/json?filters={"nonsense":["x"]}');
    await api.call('GET /events?since=0&until=1&filters={"nonsense":["x"]}');
    await api.call("GET /events?since=0&until=1");
  },
};
