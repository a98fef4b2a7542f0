import type { Scenario } from "../scenario.ts";

/** Archives and changes. */
export const files: Scenario = {
  name: "files",
  run: async (api) => {
    await api.create("disk", {
      Cmd: ["sh", "-c", "echo a >/new; mkdir /dir; echo b >/dir/file; rm /etc/group; echo c >>/etc/passwd; sleep 1000"],
      StopTimeout: 0,
    });
    await api.call("GET /containers/disk/changes");
    await api.quietly("POST /containers/disk/start");
    await api.until(async () =>
      JSON.stringify(await api.quietly("GET /containers/disk/changes")).includes("/etc/passwd"),
    );
    await api.call("GET /containers/disk/changes");
    await api.call("GET /containers/disk/archive?path=/dir");
    await api.call("GET /containers/disk/archive?path=/no/such");
    await api.call("GET /containers/disk/archive");
    await api.call("HEAD /containers/disk/archive?path=/no/such");
    await api.call("HEAD /containers/disk/archive?path=/dir");
    await api.call("PUT /containers/disk/archive?path=/no/such", { bytes: new Uint8Array(1024) });
    await api.call("PUT /containers/disk/archive?path=/new", { bytes: new Uint8Array(1024) });
    await api.call("PUT /containers/disk/archive?path=/dir", { bytes: new Uint8Array(1024) });
    await api.call("PUT /containers/disk/archive", { bytes: new Uint8Array(1024) });
    await api.call("GET /containers/disk/export");
    await api.quietly("DELETE /containers/disk?force=1");
    await api.create("sealed", { Cmd: ["sleep", "1000"], HostConfig: { ReadonlyRootfs: true } });
    await api.call("PUT /containers/sealed/archive?path=/tmp", { bytes: new Uint8Array(1024) });
    await api.quietly("DELETE /containers/sealed?force=1");
  },
};
