import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { openMemoryStorage } from "../content/browser-storage.ts";
import { createEngine } from "../engine.ts";
import type { Engine } from "../engine-options.ts";
import { createFileAssets } from "../node/file-assets.ts";
import { ShellSession } from "../testing/shell-session.ts";

const publicDirectory = join(import.meta.dirname, "..", "..", "public");

let engine: Engine;
let shell: ShellSession;

beforeAll(async () => {
  engine = await createEngine({ assets: createFileAssets(publicDirectory), storage: openMemoryStorage() });
  shell = await ShellSession.open(engine);
});
afterAll(() => engine[Symbol.asyncDispose]());

const ESCAPE = String.raw`\u001b\[`;
const ID = /^[0-9a-f]{64}\n$/;
const COPIED = (size: string, place: string): RegExp => new RegExp(`Successfully copied ${size} to ${place}\n$`);

/** The end of one drawing and the beginning of the next. */
const REDRAWN = new RegExp(`${ESCAPE}J${ESCAPE}HCONTAINER ID {3}NAME`);

/** What is typed, what the screen then shows, and the exit code where that is not 0. */
const SESSION: readonly (readonly [command: string, screen: RegExp | string, code?: number])[] = [
  ["docker pull -q busybox", "docker.io/library/busybox:latest\n"],
  ["docker volume create --label a=b v1", "v1\n"],
  ["docker volume ls", "DRIVER    VOLUME NAME\nlocal     v1\n"],
  ["docker run -d --name web -v v1:/data busybox httpd -f -h /etc", ID],
  ["docker volume rm v1", /^Error response from daemon: remove v1: volume is in use - \[[0-9a-f]{64}\]\n$/, 1],
  ["docker volume inspect -f '{{.Mountpoint}} {{.Labels.a}}' v1", "/var/lib/docker/volumes/v1/_data b\n"],

  ["mkdir -p d/sub; echo hi > d/sub/f; ln -s f d/sub/l; chmod 600 d/sub/f", ""],
  ["docker cp d web:/tmp/", COPIED("[0-9.]+kB", "web:/tmp/")],
  [
    "docker cp d/. web:/tmp/e | cat; docker exec web sh -c 'stat -c %a /tmp/d/sub/f; readlink /tmp/e/sub/l'",
    "600\nf\n",
  ],
  ["docker cp -q web:/tmp/d/. out; cat out/sub/l", "hi\n"],
  ["docker cp -q web:/etc/passwd . && head -1 passwd", /^root:x:0:0:/],
  ["docker cp web:/etc/passwd - | tar t", "passwd\n"],
  ["tar c d | docker cp -q - web:/home; docker exec web cat /home/d/sub/f", "hi\n"],
  ["docker cp web:/nope .", "Error response from daemon: Could not find the file /nope in container web\n", 1],
  ["docker cp d web:/etc/passwd", "cannot copy directory\n", 1],
  ["docker top web -o pid,user,args", /^PID +USER +COMMAND\n\d+ +root +httpd -f -h \/etc\n$/],
  ["docker diff web", /C \/home\nA \/home\/d\nA \/home\/d\/sub\n/],

  ["docker export web", "cowardly refusing to save to a terminal. Use the -o flag or redirect\n", 1],
  ["docker export -o web.tar web && docker import -m imported web.tar flat:1", /^sha256:[0-9a-f]{64}\n$/],
  [`docker commit -a me -c 'CMD ["cat","/home/d/sub/f"]' web mine:1`, /^sha256:[0-9a-f]{64}\n$/],
  ["docker run --rm mine:1", "hi\n"],
  ["docker save -o mine.tar mine:1 && docker rmi mine:1", /^Untagged: mine:1\nDeleted: sha256:/],
  ["docker load < mine.tar", /Loaded image: mine:1\n$/],
  ["docker images --format '{{.Repository}}:{{.Tag}}'", /^(?=[^]*busybox:latest\n)(?=[^]*mine:1\n)(?=[^]*flat:1\n)/],

  ["docker update --memory 64m --memory-swap 128m web", "web\n"],
  ["docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}}' web", "67108864 134217728\n"],
  ["docker stats --no-stream --format '{{.Name}} {{.MemUsage}} {{.PIDs}}' web", /^web [0-9.]+[KM]iB \/ 64MiB 1\n$/],

  ["docker network create --subnet 10.9.0.0/24 --gateway 10.9.0.1 n1", ID],
  ["docker network connect --ip 10.9.0.77 n1 web", ""],
  ["docker network inspect -f '{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}' n1", "web 10.9.0.77/24\n"],
  ["docker network rm n1", /^Error response from daemon: [^]*network n1 has active endpoints[^]*\nexit status 1\n$/, 1],
  ["docker network disconnect n1 web && docker network rm n1", "n1\n"],
  ["docker network ls --format '{{.Name}}/{{.Driver}}'", "bridge/bridge\nhost/host\nnone/null\n"],

  [
    "docker login -u a -p b localhost:1",
    /^WARNING! Using --password via the CLI is insecure[^]*\nError response from daemon: .*localhost:1/,
    1,
  ],
  ["docker service ls", /^Error response from daemon: This node is not a swarm manager\. /, 1],
  ["docker system df --format '{{.Type}} {{.TotalCount}}'", "Images 3\nContainers 1\nLocal Volumes 1\nBuild Cache 0\n"],
  ["docker rm -f web", "web\n"],
];

describe("docker, typed into a shell of the guest", () => {
  for (const [command, screen, code = 0] of SESSION) {
    it(command, async () => {
      const result = await shell.run(command);
      if (typeof screen === "string") expect(result.output).toBe(screen);
      else expect(result.output).toMatch(screen);
      expect(result.code).toBe(code);
    });
  }

  it("asks before it removes", async () => {
    const asked = /WARNING! This will remove:\r\n {2}- all stopped containers\r\n[^]*continue\? \[y\/N\] $/;
    expect(await typed("docker system prune --volumes", asked, "n\n")).toMatch(/\[y\/N\] n\r\n\ue0000\ue001$/);
    const pruned = await typed("docker volume prune -a", /\[y\/N\] $/, "y\n");
    expect(pruned).toMatch(/Deleted Volumes:\r\nv1\r\n\r\nTotal reclaimed space: [0-9.]+k?B\r\n\ue0000\ue001$/);
  });

  it("does not show a password that is typed", async () => {
    const screen = await typed("docker login -u me localhost:1", /Password: $/, "secret\r");
    expect(screen).not.toContain("secret");
    expect(screen).toMatch(/Password: \r\nError response from daemon: .*\r\n\ue0001\ue001$/);
  });

  it("draws statistics again and again until Ctrl-C", async () => {
    expect(await typed("docker stats", REDRAWN, "\u0003")).toMatch(/\ue000130\ue001$/);
  });
});

/** Types a command, waits for what it shows, types the answer; all that the screen shows up to the next prompt. */
async function typed(command: string, shown: RegExp, answer: string): Promise<string> {
  await shell.run("true");
  await shell.type(`${command}\n`);
  await shell.waitFor(shown);
  await shell.type(answer);
  return await shell.waitFor(new RegExp(`${shown.source.replace(/\$$/, "")}[^]*\\ue000\\d+\\ue001$`));
}
