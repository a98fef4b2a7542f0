import { describe, expect, it, vi } from "vitest";
import { createApp } from "../api/app.ts";
import { fakeServices, type FakeServices } from "../api/testing/fake-services.ts";
import type { EngineFetch, EngineRequest } from "../api/app.ts";
import { FakeTerminal, type FakeTerminalOptions } from "./testing/fake-terminal.ts";

interface World {
  readonly services: FakeServices;
  readonly app: EngineFetch;
  readonly requests: string[];
  readonly terminal: (options?: FakeTerminalOptions) => FakeTerminal;
}

/** An engine whose requests are written down. */
function world(): World {
  const services = fakeServices();
  const requests: string[] = [];
  const engine = createApp(services);
  const app = (request: EngineRequest): ReturnType<EngineFetch> => {
    const query = request.query.toString();
    requests.push(
      `${request.method} ${request.path.replace("/v1.50", "").replace(/c0ffee\w+/, "ID")}${query === "" ? "" : `?${query}`}`,
    );
    return engine(request);
  };
  return { services, app, requests, terminal: (options) => new FakeTerminal(app, options) };
}

const DETACH = "\u0010\u0011";
const SIGINT = 2;
const SIGTERM = 15;

/** Lets promises that are ready go on. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe("docker run", () => {
  it("creates, attaches, waits and starts, in this order", async () => {
    const { requests, terminal } = world();
    await terminal().docker("run", "busybox", "echo", "x");
    expect(requests).toEqual([
      "POST /containers/create",
      "POST /containers/ID/attach?stderr=1&stdout=1&stream=1",
      "POST /containers/ID/wait?condition=next-exit",
      "POST /containers/ID/start",
    ]);
  });

  it("waits for the removal with --rm, and does not attach with -d", async () => {
    const { requests, terminal } = world();
    await terminal().docker("run", "--rm", "busybox", "true");
    await terminal().docker("run", "-d", "busybox", "true");
    expect(requests).toContain("POST /containers/ID/wait?condition=removed");
    expect(requests.filter((request) => request.includes("/attach"))).toHaveLength(1);
  });

  it("passes stdin on with -i, and does not touch it without", async () => {
    const { terminal } = world();
    const reads = terminal({ stdin: "one\ntwo\n" });
    expect(await reads.docker("run", "-i", "--rm", "busybox", "cat")).toEqual({
      exitCode: 0,
      stdout: "one\ntwo\n",
      stderr: "",
    });
    const untouched = terminal({ stdin: "one\n" });
    await untouched.docker("run", "--rm", "busybox", "echo", "x");
    expect(untouched.readsStdin).toBe(false);
  });

  it("puts the terminal in raw mode for -it, and back", async () => {
    const { terminal, services } = world();
    const shell = terminal({ tty: true, stdin: "hello\r", keepsOpen: true });
    const result = shell.docker("run", "-it", "--rm", "busybox", "cat");
    await shell.waitFor("hello");
    expect(shell.rawModes).toEqual([true]);
    expect(services.containers.resizes.at(-1)?.slice(1)).toEqual([24, 80]);
    shell.resize({ rows: 50, columns: 132 });
    shell.endInput();
    expect(await result).toMatchObject({ exitCode: 0, stdout: "hello\r" });
    expect(shell.rawModes).toEqual([true, false]);
    expect(services.containers.resizes.at(-1)?.slice(1)).toEqual([50, 132]);
  });

  it("lets go of the container at Ctrl-P Ctrl-Q", async () => {
    const { terminal, services } = world();
    const shell = terminal({ tty: true, stdin: "abc", keepsOpen: true });
    const result = shell.docker("run", "-it", "--name", "c", "busybox", "cat");
    await shell.waitFor("abc");
    shell.type(`${DETACH}lost`);
    expect(await result).toEqual({ exitCode: 0, stdout: "abc", stderr: "" });
    expect(services.containers.get("c").state.status).toBe("running");
    expect(shell.rawModes).toEqual([true, false]);
  });

  it("takes other keys, or none, for letting go", async () => {
    const { terminal } = world();
    const shell = terminal({ tty: true, stdin: `${DETACH}ax`, keepsOpen: true });
    expect(await shell.docker("run", "-it", "--detach-keys", "a,x", "busybox", "cat")).toMatchObject({ exitCode: 0 });
    const wrong = terminal({ tty: true, stdin: DETACH, keepsOpen: true });
    const result = await wrong.docker("run", "-it", "--detach-keys", "ctrl-foo", "busybox", "cat");
    expect(result.stderr).toMatch(
      /level=warning msg="invalid detach escape keys, using default: Unknown character: 'ctrl-foo'"\n$/,
    );
  });

  it("wants a terminal for -it", async () => {
    const { terminal } = world();
    expect(await terminal().docker("run", "-it", "busybox")).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "the input device is not a TTY\n",
    });
  });

  it("hands signals on to the container, and exits with its code", async () => {
    const { terminal, services } = world();
    const shell = terminal();
    const result = shell.docker("run", "--name", "c", "busybox", "trap");
    while (services.containers.list({ all: false }).length === 0) await settle();
    shell.signal(SIGINT);
    expect(await result).toEqual({ exitCode: 0, stdout: "got INT\n", stderr: "" });
  });

  it("keeps signals to itself with --sig-proxy=false, and gives up at the third", async () => {
    const { terminal, services } = world();
    const shell = terminal();
    const result = shell.docker("run", "--sig-proxy=false", "--name", "c", "busybox", "trap");
    while (services.containers.list({ all: false }).length === 0) await settle();
    for (const signal of [SIGINT, SIGINT, SIGTERM]) shell.signal(signal);
    expect(await result).toEqual({ exitCode: 1, stdout: "", stderr: "\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n" });
    expect(services.containers.get("c").state.status).toBe("running");
  });

  it("lets the container run on when the docker process dies", async () => {
    const { terminal, services } = world();
    const shell = terminal({ stdin: "", keepsOpen: true });
    const result = shell.docker("run", "-i", "--name", "c", "busybox", "cat");
    while (services.containers.list({ all: false }).length === 0) await settle();
    shell.hangUp();
    await result;
    expect(services.containers.get("c").state.status).toBe("running");
  });

  it("writes the id where --cidfile says, unless the file is there", async () => {
    const { terminal } = world();
    const shell = terminal();
    await shell.docker("run", "--cidfile", "/tmp/cid", "busybox", "true");
    expect(shell.files.get("/tmp/cid")).toBe("c0ffee000001".padEnd(64, "0"));
    const again = terminal({ files: { "/tmp/cid": "x" } });
    expect(await again.docker("run", "--cidfile", "/tmp/cid", "busybox", "true")).toMatchObject({
      exitCode: 125,
      stderr: expect.stringMatching(
        /^docker: container ID file found, make sure the other container isn't running or delete \/tmp\/cid\n/,
      ) as string,
    });
  });

  it("reads --env-file, with names taken from the environment", async () => {
    const { terminal } = world();
    const files = { vars: "# comment\n\nA=1 #x\n B=2 \nHOME\nMISSING\nC=\n" };
    const { stdout } = await terminal({ files }).docker(
      "run",
      "--env-file",
      "vars",
      "-e",
      "HOME",
      "-e",
      "D=4",
      "busybox",
      "env",
    );
    expect(stdout.split("\n").slice(0, 6)).toEqual(["A=1 #x", "B=2 ", "HOME=/root", "C=", "HOME=/root", "D=4"]);
  });

  it.each([
    ["A B=1\n", "variable 'A B' contains whitespaces"],
    ["=1\n", "no variable name on line '=1'"],
  ])("refuses an env file with %j", async (text, reason) => {
    const { terminal } = world();
    const { exitCode, stderr } = await terminal({ files: { vars: text } }).docker(
      "run",
      "--env-file",
      "vars",
      "busybox",
      "env",
    );
    expect({ exitCode, stderr }).toEqual({
      exitCode: 125,
      stderr: `docker: invalid env file (vars): ${reason}\n\nRun 'docker run --help' for more information\n`,
    });
  });
});

describe("docker exec", () => {
  async function running(): Promise<World> {
    const it = world();
    await it.terminal().docker("run", "-d", "--name", "c", "busybox", "sleep", "9");
    it.requests.length = 0;
    return it;
  }

  it("looks, creates, starts, and asks for the code", async () => {
    const { terminal, requests } = await running();
    expect(await terminal({ stdin: "in\n" }).docker("exec", "-i", "c", "cat")).toMatchObject({
      exitCode: 0,
      stdout: "in\n",
    });
    expect(requests).toEqual([
      "GET /containers/c/json",
      "POST /containers/c/exec",
      "POST /exec/ID/start",
      "GET /exec/ID/json",
    ]);
  });

  it("knows the terminal's size from the start", async () => {
    const { terminal } = await running();
    expect(await terminal({ tty: true }).docker("exec", "-t", "c", "size")).toMatchObject({ stdout: "24 80\r\n" });
  });

  it("says so when it let go", async () => {
    const { terminal } = await running();
    const shell = terminal({ tty: true, stdin: DETACH, keepsOpen: true });
    expect(await shell.docker("exec", "-it", "c", "cat")).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "read escape sequence\n",
    });
  });
});

describe("docker attach", () => {
  it("shows a shell its prompt again by a size that differs for a moment", async () => {
    const { terminal, services } = world();
    await terminal({ tty: true }).docker("run", "-dit", "--name", "c", "busybox", "cat");
    const shell = terminal({ tty: true, stdin: "hi", keepsOpen: true });
    const result = shell.docker("attach", "c");
    await shell.waitFor("hi");
    const sizes = (): unknown => services.containers.resizes.map(([, ...size]) => size);
    await vi.waitFor(() =>
      expect(sizes()).toEqual([
        [25, 81],
        [24, 80],
      ]),
    );
    shell.type(DETACH);
    expect(await result).toMatchObject({ exitCode: 1, stderr: "read escape sequence\n" });
  });

  it("exits with the container's code", async () => {
    const { terminal } = world();
    await terminal().docker("run", "-di", "--name", "c", "busybox", "cat");
    expect(await terminal({ stdin: "bye\n" }).docker("attach", "c")).toEqual({
      exitCode: 0,
      stdout: "bye\n",
      stderr: "",
    });
  });
});

describe("Ctrl-C", () => {
  it.each([[["logs", "-f", "c"]], [["wait", "c"]], [["events"]]])(
    "ends docker %o with 130 and leaves nothing behind",
    async (argv) => {
      const { terminal, services, app } = world();
      await terminal().docker("run", "-d", "--name", "c", "busybox", "sleep", "9");
      const shell = terminal();
      const result = shell.docker(...argv);
      await settle();
      shell.signal(SIGINT);
      expect(await result).toEqual({ exitCode: 130, stdout: "", stderr: "" });
      expect(services.containers.get("c").state.status).toBe("running");
      const info = await new FakeTerminal(app).docker("info", "-f", "{{.NEventsListener}}");
      expect(info.stdout).toBe("0\n");
    },
  );

  it("at a question is a no", async () => {
    const { terminal } = world();
    const shell = terminal({ stdin: "", keepsOpen: true });
    const result = shell.docker("container", "prune");
    await shell.waitFor("[y/N] ");
    shell.signal(SIGINT);
    expect(await result).toMatchObject({
      exitCode: 0,
      stdout: "WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] \n",
    });
  });
});
