import type { Scenario } from "../scenario.ts";

export const images: Scenario = {
  name: "images",
  run: async (api) => {
    await api.call("GET /images/hello-world/json");
    await api.call("GET /images/nope/json");
    await api.call("GET /images/nope:x/json");
    await api.call("GET /images/Bad:Name/json");
    await api.call("GET /images/busybox/history");
    await api.call("GET /images/nope/history");
    await api.call('GET /images/json?filters={"reference":["hello-world"]}');
    await api.call('GET /images/json?filters={"reference":["hello-world:lat*"]}');
    await api.call('GET /images/json?filters={"reference":["nope"]}');
    await api.call('GET /images/json?filters={"dangling":["nonsense"]}');
    await api.call('GET /images/json?filters={"dangling":["true"]}', { statusOnly: true });
    await api.call('GET /images/json?filters={"before":["nope"]}');
    await api.call('GET /images/json?filters={"nonsense":["x"]}');
    await api.call("POST /images/busybox/tag?repo=mine&tag=one");
    await api.call("POST /images/busybox/tag?repo=mine/deep/er&tag=two");
    await api.call("POST /images/busybox/tag?repo=127.0.0.1:5000/mine");
    await api.call("POST /images/busybox/tag?repo=Bad");
    await api.call("POST /images/busybox/tag?repo=x&tag=-bad-");
    await api.call("POST /images/busybox/tag");
    await api.call("POST /images/nope/tag?repo=x");
    await api.call('GET /images/json?filters={"reference":["mine*"]}');
    await api.call('GET /images/json?filters={"reference":["mine/*/*"]}');
    await api.call("DELETE /images/mine:one");
    await api.call("DELETE /images/mine/deep/er:two");
    await api.call("DELETE /images/127.0.0.1:5000/mine");
    await api.call("DELETE /images/mine:one");
    await api.call("DELETE /images/nope");
    await api.quietly("POST /images/hello-world/tag?repo=used");
    await api.create("user", { Image: "used" });
    await api.call("DELETE /images/used");
    await api.quietly("DELETE /containers/user");
    await api.call("DELETE /images/used");
    await api.sleeper("runner", {});
    await api.call("DELETE /images/busybox:1.35");
    await api.quietly("POST /images/busybox/tag?repo=busybox&tag=1.35");
    await api.quietly("DELETE /containers/runner?force=1");
    await api.call("POST /images/create?fromImage=127.0.0.1:1/none&tag=x", { statusOnly: true });
    await api.call("POST /images/create?fromImage=Bad");
    await api.call("POST /images/nope/push?tag=x");
    await api.call("POST /images/nope/push?tag=x", { headers: { "x-registry-auth": "e30=" } });
    await api.call("GET /distribution/127.0.0.1:1%2Fnone/json", { statusOnly: true });
    await api.call("GET /images/search?term=x&limit=1000");
    await api.call("GET /images/nope/get");
    await api.call("GET /images/get?names=nope");
    await api.call("POST /images/load", { bytes: new TextEncoder().encode("nonsense") });
    await api.call("POST /commit?container=nope");
    await api.call("POST /auth", {
      json: { username: "x", password: "y", serveraddress: "127.0.0.1:1" },
      statusOnly: true,
    });
    await api.create("committed", { Cmd: ["touch", "/new"], Labels: { from: "container" } });
    await api.quietly("POST /containers/committed/start");
    await api.quietly("POST /containers/committed/wait");
    await api.call("POST /commit?container=committed&repo=made&tag=one&comment=note&author=me&changes=ENV%20A=1");
    await api.call("GET /images/made:one/json");
    await api.call("GET /images/made:one/history");
    await api.call("POST /commit?container=committed&repo=Bad");
    await api.call("POST /commit?container=committed&changes=RUN%20x");
    await api.call("POST /commit?container=committed&changes=NONSENSE%20x");
    await api.quietly("DELETE /containers/committed");
    await api.call("DELETE /images/made:one");
  },
};
