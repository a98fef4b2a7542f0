import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { CONTAINERS, NETWORKS, NO_SWARM, REGISTRY, SYSTEM, VOLUMES } from "./testing/api-scripts.ts";
import { expectGolden, scriptedTranscript } from "./testing/transcript.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 21, 2, 10, 0) });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Somebody who has logged in. */
const LOGGED_IN = {
  files: {
    "/root/.docker/config.json": JSON.stringify({
      auths: { "localhost:5000": { auth: btoa("me:secret") }, "https://index.docker.io/v1/": { auth: btoa("hub:pw") } },
    }),
  },
};

describe("what a person sees, and an engine is asked", () => {
  it("of volumes", async () => {
    expectGolden(
      "volumes",
      await scriptedTranscript(VOLUMES, [
        "volume ls", "volume ls -q", "volume ls -f dangling=true -f name=a", "volume ls --format json", "volume ls --format 'table {{.Name}}\\t{{.Mountpoint}}'",
        "volume ls --format '{{.Name}} {{.Label \"a\"}} {{.Labels}}|{{.Size}} {{.Links}} {{.Scope}}'", "volume ls --format '{{.X}}'", "volume list --cluster",
        "volume create", "volume create --name x", "volume create a --name b", "volume create -o type=tmpfs -o device=tmpfs --label a=b --label c x", "volume create a b",
        "volume inspect data", "volume inspect data nope", "volume inspect -f '{{.Name}} {{.Labels.a}} {{.Options}}' data", "volume rm data vol2 nope", "volume rm -f vol2",
        "volume rm", { command: "volume prune", stdin: "n\n" }, { command: "volume prune -a", stdin: "y\n" }, "volume prune -f --filter label=x", "volume prune -a --filter all=1",
        "volume update data",
      ]), // prettier-ignore
    );
  });

  it("of networks", async () => {
    expectGolden(
      "networks",
      await scriptedTranscript(NETWORKS, [
        "network ls", "network ls -q", "network ls --no-trunc -f driver=bridge", "network ls --format '{{.ID}} {{.CreatedAt}} {{.Internal}} {{.IPv6}} {{.Labels}}'", "network create x",
        "network create --driver macvlan -o parent=eth0 -o macvlan_mode=bridge --subnet 10.0.0.0/24 --gateway 10.0.0.1 --ip-range 10.0.0.128/25 --aux-address h=10.0.0.5 x",
        "network create --subnet 10.0.0.0/24,10.1.0.0/24 --gateway 10.1.0.1 --gateway 10.0.0.1 x", "network create --ipv6 --subnet 2001:db8::/64 --gateway 2001:db8::1 x",
        "network create --internal --attachable --label a=b --ipv4=false --scope local --config-from y x", "network create --config-only --ipam-driver null --ipam-opt a=b x",
        "network create --gateway 10.0.0.1 x", "network create --subnet 10.0.0.0/8 --subnet 10.1.0.0/16 x", "network create --subnet 10.0.0.0/24 --gateway 10.1.0.1 x",
        "network create --subnet nope x", "network create --subnet 10.0.0.0/24 --ip-range x x", "network create", "network inspect net2 nope", "network inspect -v -f '{{.Name}} {{.Options}}' net2",
        "network rm net2 bridge nope", "network rm -f nope", "network connect net2 c",
        "network connect --ip 10.0.0.9 --ip6 2001:db8::9 --alias a --alias b,c --link x:y --link-local-ip 169.254.1.1 --driver-opt k=v --gw-priority 5 net2 c",
        "network connect --driver-opt k net2 c", "network connect nope c", "network disconnect -f net2 c", "network connect net2", { command: "network prune", stdin: "y\n" },
        "network prune -f --filter until=24h",
      ]), // prettier-ignore
    );
  });

  it("of the disk, and of what is cleared off it", async () => {
    expectGolden(
      "prune",
      await scriptedTranscript(SYSTEM, [
        "system df", "system df -v", "system df --format json", "system df --format 'table {{.Type}}\\t{{.Active}}'", "system df -v --format '{{range .Volumes}}{{.Name}} {{.Size}};{{end}}'",
        { command: "system prune", stdin: "n\n" }, { command: "system prune -a --volumes --filter label=x --filter 'label!=y'", stdin: "y\n" }, "system prune -f",
        "system prune --volumes --filter until=1h", "container prune -f", "image prune -af --filter until=1h", "builder prune -af --keep-storage 1gb", "builder prune", "buildx prune -f --verbose --filter until=24h --max-used-space 1mb", "buildx du", "buildx du --verbose --filter type=regular", "buildx du --format json",
        "buildx du --format x", { command: "builder prune -a", stdin: "y\n", env: { DOCKER_BUILDKIT: "0" } },
      ]), // prettier-ignore
    );
  });

  it("of containers' files, images and limits", async () => {
    expectGolden(
      "containers",
      await scriptedTranscript(CONTAINERS, [
        "diff web", "diff nope", "diff ''", "export web", "export nope", "export -o /nope/x web", "export -o out.tar web", { command: "export web", tty: true }, "commit web", "commit web r",
        "commit -a me -m msg -c 'CMD x' -c 'ENV a=b' -p=false web localhost:5000/a/b:2", "commit web R", "commit ''", "update a", "update -m 64m --memory-swap 128m --restart always a",
        "update --cpus 0.5 --cpu-shares 512 --pids-limit 10 --cpuset-cpus 0 --blkio-weight 300 a b nope", "update --restart :1 a", "stats --no-stream web", "stats --no-stream --format json web",
        "stats --no-stream --no-trunc --format '{{.Container}} {{.ID}} {{.PIDs}}' web", "stats --no-stream", "stats --no-stream web nope", "start --checkpoint x web",
      ]), // prettier-ignore
    );
  });

  it("of registries and archives of images", async () => {
    expectGolden(
      "registry",
      await scriptedTranscript(REGISTRY, [
        "save a b", "save -o out.tar --platform linux/amd64 a", "save --platform 'bad platform' a", "save -o /nope/x a", { command: "save a", tty: true }, { command: "load", stdin: "tar" },
        { command: "load -i f", files: { "/root/f": "tar" } }, "load -i nope", { command: "load", tty: true }, { command: "import - r:1", stdin: "tar" }, { command: "import f", files: { "/root/f": "tar" } },
        "import nope", "import http://x/y.tar r", { command: "import -c 'CMD a' -c 'ENV b=c' -m msg --platform Linux/386 - r", stdin: "x" }, "push x", "push -q x", "push -a x", "push -a x:1",
        { command: "push localhost:5000/a/b", ...LOGGED_IN }, { command: "push x", tty: true }, { command: "pull x", ...LOGGED_IN }, "pull -a x", "search nginx",
        "search --limit 5 --filter stars=3 --filter is-official=true --no-trunc nginx", "search --format json nginx", "search -f is-automated=true nginx",
        { command: "search localhost:5000/x", ...LOGGED_IN }, "login -u a -p b", { command: "login -u a --password-stdin https://reg.example.com/v2/", stdin: "pw\n" },
        "login --password-stdin", "login -u '' x", "login -u a", { command: "login localhost:5000", ...LOGGED_IN }, "login -u a -p b --password-stdin",
        { command: "login localhost:5000", tty: true, stdin: "me\nsec\u007f\u007fret\r" }, { command: "login", tty: true, stdin: "hub\npw\r" }, "logout", { command: "logout https://localhost:5000/v2", ...LOGGED_IN },
      ]), // prettier-ignore
    );
  });

  it("outside of a swarm, and of what is not here", async () => {
    expectGolden(
      "no-swarm",
      await scriptedTranscript(NO_SWARM, [
        "node ls", "service ls", "service create nginx", "service rm a b", "service scale a=1 b=2", "config inspect a", "secret ls", "swarm join-token worker", "swarm unlock", "swarm unlock-key",
        "stack ls", "stack deploy -c c.yml a", "plugin ls", "plugin inspect a", "checkpoint ls x", "trust inspect x", "manifest inspect x", "context ls", "context show", "context use default",
        "context use other", "context inspect", "context rm default", "context create x", "buildx create", "buildx use x", "buildx bake", "buildx history ls", "buildx version", "compose up", "images --tree",
      ]), // prettier-ignore
    );
  });
});
