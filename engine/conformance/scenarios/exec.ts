import type { Api, Scenario } from "../scenario.ts";

async function execute(api: Api, container: string, config: Readonly<Record<string, unknown>>): Promise<void> {
  const body = { AttachStdout: true, AttachStderr: true, ...config };
  const made = (await api.call(`POST /containers/${container}/exec`, { json: body })) as { Id?: string };
  if (made.Id === undefined) return;
  await api.call(`GET /exec/${made.Id}/json`);
  await api.call(`POST /exec/${made.Id}/start`, { json: { Detach: false, Tty: config["Tty"] === true } });
  await api.call(`GET /exec/${made.Id}/json`);
  await api.call(`POST /exec/${made.Id}/start`, { json: {} });
}

export const exec: Scenario = {
  name: "exec",
  run: async (api) => {
    await api.sleeper("box", { Env: ["A=1"] });
    await execute(api, "box", { Cmd: ["sh", "-c", "echo out; echo err >&2; exit 4"] });
    await execute(api, "box", { Cmd: ["pwd"], WorkingDir: "/etc" });
    await execute(api, "box", { Cmd: ["id"], User: "1:2" });
    await execute(api, "box", { Cmd: ["sh", "-c", "echo $A $B"], Env: ["B=2"] });
    await execute(api, "box", { Cmd: ["tty"], Tty: true });
    await execute(api, "box", { Cmd: ["nosuchcmd"] });
    await execute(api, "box", { Cmd: ["/etc"] });
    await execute(api, "box", { Cmd: [] });
    await execute(api, "box", { Cmd: ["true"], User: "nobody-here" });
    await execute(api, "box", { Cmd: ["true"], DetachKeys: "nonsense" });
    await api.call("GET /exec/nope/json");
    await api.call("POST /exec/nope/start", { json: {} });
    await api.call("POST /exec/nope/resize?h=1&w=1");
    await api.call("POST /containers/box/exec", { text: "{" });
    const made = (await api.call("POST /containers/box/exec", { json: { Cmd: ["sleep", "1000"] } })) as { Id: string };
    await api.call(`POST /exec/${made.Id}/start`, { json: { Detach: true } });
    await api.call(`POST /exec/${made.Id}/resize?h=nonsense&w=1`);
    await api.call("GET /containers/box/json", { statusOnly: true });
    await api.quietly("POST /containers/box/kill");
    await api.quietly("POST /containers/box/wait");
    await api.call("POST /containers/box/exec", { json: { Cmd: ["true"] } });
    await api.call(`POST /exec/${made.Id}/start`, { json: {} });
    await api.quietly("DELETE /containers/box?force=1");
  },
};
