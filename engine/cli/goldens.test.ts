import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { createApp } from "../api/app.ts";
import { fakeServices } from "../api/testing/fake-services.ts";
import type { Command } from "./command.ts";
import { ROOT_COMMAND } from "./command-table.ts";
import { expectGolden, type Step, transcript } from "./testing/transcript.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 21, 2, 10, 0) });
});

afterEach(() => {
  vi.useRealTimers();
});

/** One engine, all steps on it; the engine's time goes on by a second between them. */
async function session(steps: readonly Step[]): Promise<string> {
  const services = fakeServices();
  const app = createApp(services);
  let text = "";
  for (const step of steps) {
    text += await transcript(app, [step]);
    services.clock.advance(1000);
    vi.setSystemTime(services.clock.now());
  }
  return text;
}

/** A command line for the help of every command; of those that are there twice, the first. */
function* helpPages(command: Command, path: string, seen: Set<Command["run"]>): Generator<string, void, undefined> {
  if (command.run !== undefined && seen.has(command.run)) return;
  seen.add(command.run);
  yield `${path} --help`.trim();
  for (const child of command.children ?? []) yield* helpPages(child, `${path} ${child.name}`.trim(), seen);
}

describe("what a person sees", () => {
  it("of help", async () => {
    const pages = [...helpPages(ROOT_COMMAND, "", new Set())];
    expectGolden("help", await session([...pages, "help container rm", "help nope"]));
  });

  it("of a wrong use", async () => {
    expectGolden(
      "usage-errors",
      await session([
        "foo", "-", "--nope", "-x ps", "-H", "-c foo ps", "-l bad ps", "container foo", "volume foo", "rm", "rm -x a", "rm --bad a", "logs", "tag a",
        "port", "images a b", "ps x", "exec a", "run", "run -m", "run --memory", "run -m 1x busybox", "run --rm=maybe b", "run ---x b", "run --=x b",
        "run -itx b", "run -e =x b", "run -l =x b", "run --attach foo b", "run --dns x b", "run --ulimit foo=1 b", "run --ulimit nofile=10:5 b",
        "run --cpus x b", "run --mount x b", "run --mount type=bind b", "run --add-host x b", "run --sysctl x b", "run --blkio-weight 99999999 b",
        "run --device-read-bps x b", "run --health-interval 5x b", "run --link a:b:c b", "run --gpus x b", "run --network alias=b b", "ps -n x",
        "ps --filter bad", "stop -t x a", "stop --time x a", "run B", "run ''", "run -p x:y:z:q b", "run -p 80: b", "run -p 99999 b", "run -p 80/foo b",
        "run -p 1-3:1-2 b", "run -p a=b b", "run --expose 9-8 b", "run --expose 80:90 b", "run --restart :3 b", "run --restart no:x b",
        "run --rm --restart always b", "run --pull x b", "run --pid x b", "run --uts x b", "run --cgroupns x b", "run --mac-address x b",
        "run --memory-swappiness 1000 b", "run --no-healthcheck --health-cmd x b", "run --health-cmd x --health-interval -1s b",
        "run --security-opt x b", "run --storage-opt x b", "run --env-file nope b", "run --security-opt seccomp=nope b", "run -it b", "run -d -a stdout b",
        "run --network-alias a b", "pull Nginx", "pull a:b:c", "pull -a alpine:1", "tag busybox Foo", "inspect --type foo x", "logs --since foo x",
        "stop ''", "start ''", "rm ''", "logs ''", "exec '' x", "inspect ''",
      ]), // prettier-ignore
    );
  });

  it("of a container's life", async () => {
    expectGolden(
      "life",
      await session([
        "ps", "run --rm busybox echo hello", "run busybox warn careful", "run busybox exit 3", "run --rm busybox nosuch", "run --rm busybox /etc",
        "run -d --name web -p 8080:80 -e A=1 --label l=1 -v data:/data nginx", "run -d --name web nginx", "ps", "ps -a", "ps --no-trunc --size",
        "ps -q", "ps -aq", "ps -l", "ps -n 2", "ps --format '{{.ID}} {{.Names}} {{.Ports}}'", "ps --format json", "ps --format 'table {{.Names}}\\t{{.Label \"l\"}}'",
        "ps --filter name=web --format '{{.State}}'", "ps -a --format '{{.Foo}}'", "ps --format '{{.ID'", "port web", "port web 80", "port web 81", "top web",
        "exec web echo hi", { command: "exec -i web cat", stdin: "in\n" }, "exec -e X=1 -w /tmp web env", "exec web nosuch", "exec web exit 7", "exec -d web sleep 5",
        "rm web", "pause web", "ps", "exec web true", "attach web", "unpause web", "unpause web", "rename web web9", "rename nope x", "rename web9 web",
        "kill -s HUP fake_name2", "stop -t 1 web", "stop web", "start web", "restart -t 1 web", "rm -f web lg", "rm nope", "logs nope", "logs -t fake_name2",
        "wait fake_name2 nope", "start nope", "start -a fake_name2", "attach fake_name2", "create --name c busybox echo created", "start -a c", "rm c",
        "container prune -f", { command: "container prune", stdin: "n\n" }, "events --since 1h --until 0s --filter type=image", "stop --time 3 x",
      ]), // prettier-ignore
    );
  });

  it("of images", async () => {
    expectGolden(
      "images",
      await session([
        "images", "images -q", "images --digests", "images --no-trunc busybox", "images 'busy*' --format '{{.Repository}}:{{.Tag}}'", "images --format json",
        "images --format 'table {{.ID | upper}}\\t{{.Repository}} x'", "images --format '{{.Foo}}'", "images --filter foo=bar", "history nginx",
        "history --no-trunc -q nginx", "pull alpine", "pull alpine", "pull -q alpine", "pull nope", "run hello-world", "run --pull never doesnotexist",
        "run -q alpine true", "run --pull always busybox true", "tag nginx 127.0.0.1:5000/img:1", "tag nope x", "images nginx", "rmi 127.0.0.1:5000/img:1", "rmi busybox", "rmi nginx",
        "rmi nope", "rmi -f nope", "image prune -f", "image inspect -f '{{.RepoTags}} {{.Config.Cmd}} {{.Os}}' alpine", "image rm alpine", "image ls -q",
      ]), // prettier-ignore
    );
  });

  it("of what was inspected", async () => {
    const formats = [
      "{{.Name}} {{.State.Status}}", "{{.Foo}}", "{{.Config.Foo}}", "{{.Config.Labels.nope}}", "{{foo}}", "{{.Config", "{{json .Config.Env}}", "{{.Config.Env}}",
      "{{.NetworkSettings.Ports}} {{.HostConfig.PortBindings}}", "{{range .Config.Env}}{{println .}}{{end}}", "{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}",
      "{{index .Config.Env 0}} {{len .Config.Env}} {{printf \"%-10s|%5d\" .Name .State.ExitCode}}", "{{if eq .State.Status \"exited\"}}yes{{else}}no{{end}}",
      "{{with .Config}}{{.Image}}{{end}} {{.HostConfig.CapAdd}} {{.Config.Volumes}} {{.Config.Entrypoint}}", "{{join .Config.Cmd \",\"}} {{upper .Name}} {{.Name | lower}} {{split .Name \"/\"}}",
      "{{.NetworkSettings.Networks.bridge.IPAddress}}", "{{(index .NetworkSettings.Networks \"bridge\").Gateway}}", "{{.Config.Healthcheck}} {{.State.Health}} {{.HostConfig.Init}}",
      "{{range $p, $c := .NetworkSettings.Ports}}{{$p}} -> {{(index $c 0).HostPort}} {{end}}", "{{.Mounts}}", "json", "",
    ]; // prettier-ignore
    expectGolden(
      "inspect",
      await session([
        "run -d --name web -p 8080:80 -l a=1 -l b=2 -v data:/data busybox sleep 9",
        ...formats.map((format) => (format === "" ? "inspect web" : `inspect -f '${format}' web`)),
        "inspect nope",
        "inspect web nope -f '{{.Name}}'",
        "inspect --type image web",
        "container inspect nope",
        "image inspect nope",
        "inspect -f '{{.Name}} {{.Driver}}' bridge",
      ]),
    );
  });

  it("of the engine", async () => {
    expectGolden(
      "system",
      await session(["--version", "-v", "version", "version -f '{{.Server.Version}} {{.Client.Context}}'", "version -f '{{.Foo}}'", "info", "info -f '{{.Driver}} {{.Plugins.Network}}'", "system info -f '{{.Foo}}'", "-H tcp://elsewhere ps"]), // prettier-ignore
    );
  });

  it("of a pull on a terminal", async () => {
    expectGolden(
      "pull-tty",
      await session([
        { command: "pull alpine", tty: true },
        { command: "run -t --rm hello-world", tty: true },
      ]),
    );
  });
});
