import type { Scenario } from "../scenario.ts";

/** What is told of a container's life, from its making to its removal. */
export const events: Scenario = {
  name: "events",
  run: async (api) => {
    const since = (Date.now() - 100) / 1000;
    await api.sleeper("told", { Labels: { told: "1" } });
    const made = (await api.quietly("POST /containers/told/exec", { json: { Cmd: ["true"], AttachStdout: true } })) as {
      Id: string;
    };
    await api.quietly(`POST /exec/${made.Id}/start`, { json: {} });
    await api.until(async () => {
      const state = (await api.quietly(`GET /exec/${made.Id}/json`)) as { Running: boolean };
      return !state.Running;
    });
    await api.quietly("POST /containers/told/pause");
    await api.quietly("POST /containers/told/unpause");
    await api.quietly("POST /containers/told/rename?name=retold");
    await api.quietly("POST /containers/retold/update", { json: { Memory: 67_108_864, MemorySwap: -1 } });
    await api.quietly("POST /containers/retold/kill?signal=HUP");
    await api.quietly("POST /containers/retold/stop?t=0");
    await api.quietly("POST /containers/retold/start");
    await api.quietly("POST /containers/retold/restart?t=0");
    await api.quietly("POST /containers/retold/kill");
    await api.quietly("POST /containers/retold/wait");
    await api.quietly("DELETE /containers/retold");
    const end = Date.now() / 1000 + 0.1;
    await new Promise((resolve) => setTimeout(resolve, 150));
    const period = `since=${since.toFixed(3)}&until=${end.toFixed(3)}`;
    // "stop" and "die" come in either order.
    const others =
      '["create","start","exec_create","exec_die","pause","unpause","rename","update","kill","die","destroy"]';
    await api.call(`GET /events?${period}&filters={"type":["container"],"label":["told"],"event":${others}}`);
    await api.call(`GET /events?${period}&filters={"type":["container"],"label":["told"],"event":["stop","restart"]}`);
    await api.call(`GET /events?${period}&filters={"event":["die"],"label":["told=1"]}`);
    await api.call(`GET /events?${period}&filters={"container":["told"]}`, { statusOnly: true });
  },
};
