import type { Scenario } from "../scenario.ts";

export const networks: Scenario = {
  name: "networks",
  run: async (api) => {
    for (const name of ["bridge", "host", "none", "nope"]) await api.call(`GET /networks/${name}`);
    await api.call("POST /networks/create", { json: { Name: "net", Labels: { a: "b" } } });
    await api.call("POST /networks/create", { json: { Name: "net" } });
    await api.call("POST /networks/create", { json: { Name: "" } });
    await api.call("POST /networks/create", { json: { Name: "x", Driver: "nonsense" } });
    await api.call("POST /networks/create", { json: { Name: "x", Driver: "host" } });
    await api.call("POST /networks/create", { json: { Name: "bridge" } });
    await api.call("POST /networks/create", { json: { Name: "x", IPAM: { Config: [{ Subnet: "nonsense" }] } } });
    await api.call("POST /networks/create", {
      json: { Name: "x", IPAM: { Config: [{ Subnet: "10.9.0.0/24", Gateway: "10.8.0.1" }] } },
    });
    await api.call("POST /networks/create", {
      json: {
        Name: "planned",
        Internal: true,
        IPAM: { Config: [{ Subnet: "10.9.0.0/24", IPRange: "10.9.0.128/25", Gateway: "10.9.0.254" }] },
        Options: { "com.docker.network.bridge.name": "planned0" },
      },
    });
    await api.call("POST /networks/create", { json: { Name: "x", IPAM: { Config: [{ Subnet: "10.9.0.0/16" }] } } });
    await api.call("GET /networks/planned");
    await api.call("GET /networks/net");
    await api.call('GET /networks?filters={"name":["net"]}');
    await api.call('GET /networks?filters={"label":["a"]}');
    await api.call('GET /networks?filters={"type":["builtin"]}', { statusOnly: true });
    await api.call('GET /networks?filters={"type":["nonsense"]}');
    await api.call('GET /networks?filters={"nonsense":["x"]}');
    await api.sleeper("on", { HostConfig: { NetworkMode: "net" } });
    await api.call("GET /networks/net");
    await api.call("DELETE /networks/net");
    await api.call("POST /networks/planned/connect", {
      json: { Container: "on", EndpointConfig: { Aliases: ["other"], IPAMConfig: { IPv4Address: "10.9.0.200" } } },
    });
    await api.call("POST /networks/planned/connect", { json: { Container: "on" } });
    await api.call("POST /networks/planned/connect", { json: { Container: "nope" } });
    await api.call("POST /networks/nope/connect", { json: { Container: "on" } });
    await api.call("POST /networks/host/connect", { json: { Container: "on" } });
    await api.call("GET /containers/on/json");
    await api.call("POST /networks/planned/disconnect", { json: { Container: "on" } });
    await api.call("POST /networks/planned/disconnect", { json: { Container: "on" } });
    await api.call("POST /networks/planned/disconnect", { json: { Container: "nope" } });
    await api.create("fixed", {
      HostConfig: { NetworkMode: "planned" },
      NetworkingConfig: { EndpointsConfig: { planned: { IPAMConfig: { IPv4Address: "10.7.0.1" } } } },
    });
    await api.call("POST /containers/fixed/start");
    await api.quietly("DELETE /containers/fixed?force=1");
    await api.quietly("DELETE /containers/on?force=1");
    for (const name of ["net", "planned", "bridge", "nope"]) await api.call(`DELETE /networks/${name}`);
    await api.call("POST /networks/prune", { statusOnly: true });
  },
};
