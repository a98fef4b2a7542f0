import type { Scenario } from "../scenario.ts";

export const volumes: Scenario = {
  name: "volumes",
  run: async (api) => {
    await api.call("POST /volumes/create", { json: { Name: "data", Labels: { a: "b" } } });
    await api.call("POST /volumes/create", { json: { Name: "data" } });
    await api.call("GET /volumes/data");
    await api.call('GET /volumes?filters={"name":["data"]}');
    await api.call('GET /volumes?filters={"label":["a=b"]}');
    await api.call('GET /volumes?filters={"nonsense":["x"]}');
    await api.call('GET /volumes?filters={"dangling":["nonsense"]}');
    await api.call("POST /volumes/create", { json: { Name: "a/b" } });
    await api.call("POST /volumes/create", { json: { Name: "xx", Driver: "nonsense" } });
    await api.call("POST /volumes/create", { json: { Name: "xx", DriverOpts: { nonsense: "1" } } });
    await api.call("POST /volumes/create", { json: { Name: "xx", DriverOpts: { type: "tmpfs" } } });
    await api.call("POST /volumes/create", { text: "{" });
    await api.call("GET /volumes/nope");
    await api.call("DELETE /volumes/nope");
    await api.call("DELETE /volumes/nope?force=1");
    await api.call("PUT /volumes/data?version=1", { json: {} });
    await api.sleeper("holder", { HostConfig: { Binds: ["data:/data"] } });
    await api.call("DELETE /volumes/data");
    await api.call("DELETE /volumes/data?force=1");
    await api.call('GET /volumes?filters={"name":["data"],"dangling":["true"]}');
    await api.quietly("DELETE /containers/holder?force=1");
    await api.call("POST /volumes/prune", { statusOnly: true });
    await api.call("GET /volumes/data");
    await api.call('POST /volumes/prune?filters={"all":["true"],"label":["a=b"]}');
    await api.call('POST /volumes/prune?filters={"nonsense":["x"]}');
    await api.call("GET /volumes/data");
  },
};
