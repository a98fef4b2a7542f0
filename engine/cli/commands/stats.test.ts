import { describe, expect, it } from "vitest";
import type { EngineFetch } from "../../api/app.ts";
import { Queue } from "../../base/queue.ts";
import { encodeUtf8, streamFrom } from "../../base/streams.ts";
import { FakeTerminal } from "../testing/fake-terminal.ts";

const SIGINT = 2;

/** An engine with one running container, whose events and statistics come when they are pushed. */
class Engine {
  readonly events = new Queue<Uint8Array>();
  readonly samples = new Map<string, Queue<Uint8Array>>();
  readonly fetch: EngineFetch = async ({ path }) => {
    const [, id] = /\/containers\/(\w+)\/stats$/.exec(path) ?? [];
    const list = [{ Id: "a".repeat(64) }];
    const body = path.endsWith("/events")
      ? streamFrom(this.events)
      : id === undefined
        ? streamFrom([encodeUtf8(JSON.stringify(list))])
        : streamFrom(this.#samplesOf(id));
    return { status: 200, headers: new Map(), body };
  };

  event(Action: string, ID: string): void {
    this.events.push(encodeUtf8(`${JSON.stringify({ Type: "container", Action, Actor: { ID } })}\n`));
  }

  #samplesOf(id: string): Queue<Uint8Array> {
    const samples = new Queue<Uint8Array>();
    this.samples.set(id, samples);
    const cpu = { cpu_usage: { total_usage: 0 } };
    const nothing = {
      cpu_stats: cpu,
      precpu_stats: cpu,
      memory_stats: {},
      blkio_stats: {},
      pids_stats: { current: 1 },
    };
    samples.push(encodeUtf8(`${JSON.stringify({ id: id.padEnd(64, id), name: `/${id.slice(0, 2)}`, ...nothing })}\n`));
    return samples;
  }
}

describe("docker stats", () => {
  it("follows containers as they come and go, until Ctrl-C", async () => {
    const engine = new Engine();
    const terminal = new FakeTerminal(engine.fetch);
    const running = terminal.docker("stats", "--format", "{{.Name}}");
    await terminal.waitFor("\u001b[Haa\n");
    engine.event("start", "b".repeat(64));
    await terminal.waitFor("\u001b[Haa\nbb\n");
    engine.event("die", "a".repeat(64));
    await terminal.waitFor("\u001b[Hbb\n\u001b[Hbb \u001b[K\n \u001b[K\n\u001b[J");
    terminal.signal(SIGINT);
    expect(await running).toMatchObject({ exitCode: 130 });
  });

  it("shows a container whose statistics have ended without numbers", async () => {
    const engine = new Engine();
    const terminal = new FakeTerminal(engine.fetch);
    const running = terminal.docker("stats", "--format", "{{.Name}} {{.PIDs}} {{.MemUsage}}", "web");
    await terminal.waitFor("we 1 0B / 0B\n");
    engine.samples.get("web")?.close();
    await terminal.waitFor("we -- -- / --\n");
    terminal.signal(SIGINT);
    await running;
  });
});
