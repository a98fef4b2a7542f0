/** Containers in the real Linux, looked at from inside and outside. Needs `public/guest/` and `public/v2/`. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectText, decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import type { Op } from "../guest/ops.ts";
import type { CreateContainer } from "./container-service.ts";
import { outputOf, request } from "./testing.ts";
import { bootGuestEngine, type GuestEngine } from "./guest-engine.suite.ts";

let engine: GuestEngine;

beforeAll(async () => {
  engine = await bootGuestEngine();
});

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
});

type Extra = Parameters<typeof request>[1];

interface Result {
  readonly output: string;
  readonly exitCode: number;
  readonly id: string;
}

/** `docker run [--rm]` */
async function run(cmd: readonly string[], extra: Extra = {}, keep = false): Promise<Result> {
  const { containers } = engine;
  const { container } = await containers.create(
    request(cmd, { ...extra, host: { autoRemove: !keep, ...extra?.host } }),
  );
  const output = outputOf(
    await containers.attach(container.id, { stdin: false, stdout: true, stderr: true, stream: true, logs: false }),
  );
  const exit = containers.wait(container.id, keep ? "next-exit" : "removed");
  await containers.start(container.id);
  return { output: await output, exitCode: (await exit).exitCode, id: container.id };
}

const sh = (script: string, extra?: Extra): Promise<Result> => run(["sh", "-c", script], extra);

/** `docker run -d` */
async function runDetached(cmd: readonly string[], extra: Extra = {}): Promise<string> {
  const { container } = await engine.containers.create(request(cmd, extra));
  await engine.containers.start(container.id);
  return container.id;
}

async function exec(
  id: string,
  cmd: readonly string[],
  options: Partial<Parameters<typeof engine.containers.createExec>[1]> = {},
): Promise<{ output: string; exitCode: number | undefined }> {
  const { containers } = engine;
  const config = {
    cmd,
    env: [],
    workingDir: "",
    user: "",
    tty: false,
    attachStdin: false,
    attachStdout: true,
    attachStderr: true,
    privileged: false,
    ...options,
  };
  const execId = await containers.createExec(id, config);
  const attachment = await containers.startExec(execId, { detach: false, tty: config.tty });
  const output = await outputOf(attachment);
  return { output, exitCode: containers.inspectExec(execId).exitCode };
}

async function onMachine(script: string): Promise<string> {
  const shell: Op = { op: "exec", argv: ["/bin/sh", "-c", script], env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] };
  const process = await engine.guest.start({
    childOps: [shell],
    stdio: { mode: "pipes", stdin: false, stdout: true, stderr: true },
  });
  const [output, errors] = await Promise.all([
    collectText(process.stdout as ReadableStream<Uint8Array>),
    collectText(process.stderr as ReadableStream<Uint8Array>),
  ]);
  return output + errors;
}

async function readOnMachine(path: string): Promise<string> {
  const [content] = await engine.guest.run([{ op: "read", path }]);
  return decodeUtf8(content as Uint8Array);
}

const removeAll = async (): Promise<void> => {
  for (const { id } of engine.containers.list({ all: true }))
    await engine.containers.remove(id, { force: true, volumes: true });
};

describe("a container", () => {
  it("says what its program says and ends as it ends", async () => {
    expect(await sh("echo out; echo err >&2; exit 3")).toMatchObject({
      output: expect.stringContaining("2|err\n"),
      exitCode: 3,
    });
    expect(await run(["echo", "hello"])).toMatchObject({ output: "hello\n", exitCode: 0 });
  });

  it("has namespaces of its own", async () => {
    const id = await runDetached(["sleep", "100"]);
    const { pid } = engine.containers.get(id).state;
    for (const name of ["mnt", "pid", "net", "ipc", "uts", "cgroup"]) {
      const links = await onMachine(`readlink /proc/1/ns/${name}; readlink /proc/${pid}/ns/${name}`);
      const [machine, container] = links.trim().split("\n");
      expect([name, container]).toEqual([name, expect.stringMatching(/^\w+:\[\d+\]$/)]);
      expect(container).not.toBe(machine);
    }
    expect(await readOnMachine(`/proc/${pid}/cgroup`)).toBe(`0::/docker/${id}\n`);
    await removeAll();
  });

  it("is the only one it sees, in a root that is an overlay", async () => {
    const { output, id } = await sh(
      "echo $$; cat /proc/self/cgroup; head -1 /proc/mounts; hostname; umask; ls /proc | grep -c '^[0-9]'",
    );
    const [pid, cgroup, root, hostname, umask, processes] = output.trim().split("\n");
    expect([pid, cgroup, hostname, umask]).toEqual(["1", "0::/", id.slice(0, 12), "0022"]);
    expect(Number(processes)).toBeLessThan(5);
    expect(root).toMatch(
      /^overlay \/ overlay rw,.*lowerdir=\/run\/9p\/l\/[0-9a-f]{16},upperdir=\/var\/lib\/docker\/overlay2\/[0-9a-f]{64}\/diff/,
    );
  });

  it("has Docker's environment, user, capabilities and filter", async () => {
    const { output } = await sh("env | sort | grep -v SHLVL; id; grep -E '^(Cap|NoNew|Seccomp:)' /proc/self/status");
    expect(output).toMatch(/^HOME=\/root\nHOSTNAME=[0-9a-f]{12}\nPATH=\/usr\/local\/sbin:/);
    expect(output).toMatch(/uid=0\(root\) gid=0\(root\) groups=0\(root\)/);
    expect(output).toContain(
      "CapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\nNoNewPrivs:\t0\nSeccomp:\t2\n",
    );
  });

  it("may not do what Docker forbids", async () => {
    const { output } = await sh(
      "mount -t tmpfs x /mnt 2>&1; unshare -m true 2>&1; cat /proc/kcore 2>&1 | wc -c; cat /proc/timer_list | wc -c; echo 1 > /proc/sys/kernel/panic; touch /sys/x; hostname foo; cat /dev/mem; mknod /tmp/hda b 3 0; cat /tmp/hda; date -s 2000-01-01 >/dev/null",
    );
    const lines = output.trim().split("\n");
    expect(lines).toEqual([
      expect.stringMatching(/mount: .*(permission denied|Operation not permitted)/),
      expect.stringMatching(/unshare.*Operation not permitted/),
      expect.stringMatching(/^\d+$/),
      "0",
      expect.stringMatching(/Read-only file system/),
      expect.stringMatching(/touch: .*Read-only file system|No such file/),
      expect.stringMatching(/hostname: .*Operation not permitted/),
      expect.stringMatching(/cat: can't open '\/dev\/mem': No such file/),
      expect.stringMatching(/cat: can't open '\/tmp\/hda': Operation not permitted/),
      expect.stringMatching(/date: .*Operation not permitted/),
    ]);
  });

  it("runs as another user, who has no capability and may write to its output", async () => {
    const { container } = await engine.containers.create({
      image: "busybox",
      config: {
        cmd: ["sh", "-c", "id -u; id -g; grep CapEff /proc/self/status; echo ok > /dev/stdout; touch /x"],
        user: "65534:65534",
        attachStdout: true,
      },
      host: { autoRemove: true },
    } satisfies CreateContainer);
    const text = outputOf(
      await engine.containers.attach(container.id, {
        stdin: false,
        stdout: true,
        stderr: true,
        stream: true,
        logs: false,
      }),
    );
    await engine.containers.start(container.id);
    expect(await text).toMatch(/^65534\n65534\nCapEff:\t0000000000000000\nok\n2\|touch: \/x: Permission denied\n$/);
  });

  it("works in a directory that is made for it", async () => {
    expect((await run(["pwd"], { config: { cmd: ["pwd"], workingDir: "/new/dir" } })).output).toBe("/new/dir\n");
  });

  it("with a read-only root cannot write, but to a tmpfs", async () => {
    const { output } = await sh("touch /x; touch /run/y && echo ok; mount | grep ' /run '", {
      host: { readonlyRootfs: true, tmpfs: { "/run": "size=1m" } },
    });
    expect(output).toContain("touch: /x: Read-only file system");
    expect(output).toContain("ok\ntmpfs on /run type tmpfs (rw,nosuid,nodev,noexec,relatime,size=1024k)");
  });

  it("that is privileged has everything", async () => {
    const { output } = await sh(
      "grep -E '^(CapEff|Seccomp:)' /proc/self/status; mount -t tmpfs x /home && echo mounted; mknod /tmp/m c 1 11 && dd if=/tmp/m bs=8192 count=1 2>/dev/null | wc -l",
      {
        host: { privileged: true },
      },
    );
    expect(output).toBe("CapEff:\t000001ffffffffff\nSeccomp:\t0\nmounted\n1\n");
  });
});

describe("a start that fails", () => {
  const start = (cmd: readonly string[], extra: Extra = {}): Promise<Result> => run(cmd, extra);
  const text = (reason: string): string =>
    `failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: ${reason}`;

  it.each([
    ["nosuch", '"nosuch": executable file not found in $PATH'],
    ["/nosuch", '"/nosuch": stat /nosuch: no such file or directory'],
    ["/etc", '"/etc": is a directory: permission denied'],
    ["/etc/passwd", '"/etc/passwd": permission denied'],
  ])("for %s is told in runc's words", async (program, reason) => {
    await expect(start([program])).rejects.toMatchObject({ message: text(reason), kind: "invalid-argument" });
  });

  it("leaves nothing behind", async () => {
    await removeAll();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(
      await onMachine(
        "ls /sys/fs/cgroup/docker | grep -cE '^[0-9a-f]{64}$'; grep -c overlay2 /proc/mounts; ls /sys/class/net | grep -c veth",
      ),
    ).toBe("0\n0\n0\n");
  });
});

describe("limits", () => {
  it("are in the cgroup", async () => {
    const resources = {
      memoryBytes: 64 << 20,
      memorySwapBytes: 0,
      nanoCpus: 500_000_000,
      cpuShares: 512,
      pidsLimit: 20,
    };
    const { output } = await sh("cd /sys/fs/cgroup; cat memory.max memory.swap.max cpu.max cpu.weight pids.max", {
      host: { resources: resources as never },
    });
    expect(output).toBe(`${64 << 20}\n${64 << 20}\n50000 100000\n20\n20\n`);
  });

  it("of memory kill, and Docker says so", async () => {
    const resources = { memoryBytes: 8 << 20, memorySwapBytes: 8 << 20 };
    const { exitCode, id } = await run(
      ["sh", "-c", "exec dd if=/dev/zero of=/dev/null bs=32M count=1"],
      { host: { resources: resources as never } },
      true,
    );
    expect(exitCode).toBe(137);
    expect(engine.containers.get(id).state).toMatchObject({ oomKilled: true, exitCode: 137 });
    await removeAll();
  });

  it("of open files are the process's", async () => {
    expect(
      (await sh("ulimit -n; ulimit -Hn", { host: { ulimits: [{ name: "nofile", soft: 100, hard: 200 }] } })).output,
    ).toBe("100\n200\n");
  });
});

describe("the network", () => {
  it("is a cable to docker0", async () => {
    const id = await runDetached(["sleep", "100"]);
    const { endpoints } = engine.containers.get(id);
    const address = endpoints["bridge"]?.ipAddress as string;
    expect(address).toMatch(/^172\.17\.0\.\d+$/);
    const { output } = await exec(id, [
      "sh",
      "-c",
      "ip -o -4 a; ip r; cat /etc/hosts | tail -1; ping -c 1 -W 2 172.17.0.1",
    ]);
    expect(output).toContain(`eth0    inet ${address}/16 brd 172.17.255.255`);
    expect(output).toContain("default via 172.17.0.1 dev eth0");
    expect(output).toContain(`${address}\t${id.slice(0, 12)}\n`);
    expect(output).toContain("1 packets received");
    expect(await onMachine("ls /sys/class/net/docker0/brif")).toMatch(/^veth[0-9a-f]{7}\n$/);
    await removeAll();
    expect(await onMachine("ls /sys/class/net/docker0/brif")).toBe("");
  });

  it("connects containers with each other", async () => {
    const server = await runDetached(["sh", "-c", "while true; do echo pong | nc -l -p 7; done"]);
    const address = engine.containers.get(server).endpoints["bridge"]?.ipAddress as string;
    expect((await sh(`sleep 0.3; nc -w 2 ${address} 7 < /dev/null`)).output).toBe("pong\n");
    await removeAll();
  });

  it("publishes a port to the machine, under 127.0.0.1 too", async () => {
    const port = { container: { port: 80, protocol: "tcp" as const }, hostIp: "", hostPort: 8080 };
    const id = await runDetached(
      ["sh", "-c", "mkdir /www; echo hello > /www/index.html; exec httpd -f -p 80 -h /www"],
      { host: { portBindings: [port] } },
    );
    const fetchOnce = async (address: string): Promise<string> => {
      const connection = await engine.guest.connect({ family: "tcp", address, port: 8080 });
      const writer = connection.writable.getWriter();
      await writer.write(encodeUtf8("GET / HTTP/1.0\r\n\r\n"));
      return collectText(connection.readable);
    };
    await exec(id, ["sh", "-c", "until wget -q -O /dev/null http://127.0.0.1/; do sleep 1; done"]);
    expect(await fetchOnce("127.0.0.1")).toContain("hello\n");
    expect(await fetchOnce("172.17.0.1")).toContain("hello\n");
    expect((await exec(id, ["wget", "-q", "-O", "-", "http://172.17.0.1:8080/"])).output).toBe("hello\n");
    const { container } = await engine.containers.create(
      request(["true"], { name: "web2", host: { portBindings: [port] } }),
    );
    await expect(engine.containers.start(container.id)).rejects.toThrow(
      /^failed to set up container networking: driver failed programming external connectivity on endpoint web2 \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:8080 failed: port is already allocated$/,
    );
    await removeAll();
    await expect(engine.guest.connect({ family: "tcp", address: "127.0.0.1", port: 8080 })).rejects.toMatchObject({
      errno: 111,
    });
  });

  it("can be one of the user's, apart from the others", async () => {
    const network = await engine.networks.create({
      name: "net1",
      ipam: { driver: "", config: [{ subnet: "10.9.0.0/24" }] },
    });
    const hidden = await engine.networks.create({ name: "hidden", internal: true });
    const id = await runDetached(["sleep", "100"], { host: { networkMode: "net1" } });
    expect(engine.containers.get(id).endpoints["net1"]).toMatchObject({ ipAddress: "10.9.0.2", gateway: "10.9.0.1" });
    const other = await sh("ping -c 1 -W 1 10.9.0.2 | grep loss; ping -c 1 -W 1 10.9.0.1 > /dev/null && echo gateway");
    expect(other.output).toContain("100% packet loss");
    expect((await sh("ping -c 1 -W 1 10.9.0.2 | grep loss", { host: { networkMode: "net1" } })).output).toContain(
      " 0% packet loss",
    );
    expect((await sh("ip r", { host: { networkMode: "hidden" } })).output).not.toContain("default");
    await removeAll();
    await engine.networks.remove("net1");
    await engine.networks.remove("hidden");
    expect(await onMachine("ls /sys/class/net")).not.toMatch(/br-/);
    expect([network.device, hidden.device]).toEqual([expect.stringMatching(/^br-/), expect.stringMatching(/^br-/)]);
  });

  it("can be none, the machine's, or another container's", async () => {
    expect((await sh("ls /sys/class/net", { host: { networkMode: "none" } })).output).toBe("lo\n");
    expect((await sh("ls /sys/class/net", { host: { networkMode: "host" } })).output).toContain("docker0\n");
    const id = await runDetached(["sleep", "100"]);
    const address = engine.containers.get(id).endpoints["bridge"]?.ipAddress as string;
    expect((await sh("ip -o -4 a", { host: { networkMode: `container:${id}` } })).output).toContain(address);
    expect((await sh("ps", { host: { pidMode: `container:${id}` } })).output).toContain("sleep 100");
    await removeAll();
  });
});

describe("exec", () => {
  it("runs in the container, as it is", async () => {
    const id = await runDetached(["sleep", "100"], { name: "web" });
    expect(
      await exec("web", ["sh", "-c", "echo $X; pwd; ls /proc | grep -c '^1$'; exit 7"], {
        env: ["X=1"],
        workingDir: "/tmp",
      }),
    ).toEqual({
      output: "1\n/tmp\n1\n",
      exitCode: 7,
    });
    expect((await exec(id, ["cat", "/proc/self/cgroup"])).output).toBe("0::/\n");
    expect((await exec(id, ["grep", "CapEff", "/proc/self/status"])).output).toBe("CapEff:\t00000000a80425fb\n");
    expect((await exec(id, ["id", "-u"], { user: "65534" })).output).toBe("65534\n");
  });

  it("fails in runc's words, as output, with the exit code of a shell", async () => {
    const prefix = "OCI runtime exec failed: exec failed: unable to start container process: ";
    expect(await exec("web", ["nosuch"])).toEqual({
      output: `${prefix}exec: "nosuch": executable file not found in $PATH\r\n`,
      exitCode: 127,
    });
    expect(await exec("web", ["/etc"])).toEqual({
      output: `${prefix}exec: "/etc": is a directory: permission denied\r\n`,
      exitCode: 126,
    });
    expect(await exec("web", ["true"], { workingDir: "/nodir" })).toEqual({
      output: `${prefix}chdir to cwd ("/nodir") set in config.json failed: no such file or directory\r\n`,
      exitCode: 127,
    });
  });

  it("has a terminal when asked", async () => {
    const { output } = await exec("web", ["sh", "-c", "tty; stty size"], { tty: true });
    expect(output).toMatch(/^\/dev\/pts\/\d+\r\n/);
    await removeAll();
  });
});

describe("a terminal", () => {
  it("is the container's console, and has the size it is given", async () => {
    const { containers } = engine;
    const script = "tty; ls -l /dev/console | cut -c1-10; echo ready; read line; echo got $line; stty size";
    const { container } = await containers.create(
      request(["sh"], { config: { cmd: ["sh", "-c", script], tty: true, openStdin: true, stdinOnce: true } }),
    );
    const attachment = await containers.attach(container.id, {
      stdin: true,
      stdout: true,
      stderr: true,
      stream: true,
      logs: false,
    });
    const exit = containers.wait(container.id, "next-exit");
    await containers.start(container.id);
    await containers.resize(container.id, 33, 99);
    await written(container.id, "ready");
    const writer = attachment.stdin?.getWriter();
    await writer?.write(encodeUtf8("word\r"));
    await exit;
    expect(await outputOf(attachment)).toBe("/dev/pts/0\r\ncrw--w----\r\nready\r\nword\r\ngot word\r\n33 99\r\n");
    await removeAll();
  });
});

/** Waits for this text in the container's log. */
async function written(id: string, text: string): Promise<void> {
  const stop = new AbortController();
  for await (const entries of engine.containers.logs(id, {
    stdout: true,
    stderr: true,
    follow: true,
    signal: stop.signal,
  })) {
    if (entries.some(({ bytes }) => decodeUtf8(bytes).includes(text))) stop.abort();
    if (stop.signal.aborted) return;
  }
}

describe("signals", () => {
  it("stop a container that listens, and kill one that does not", async () => {
    const polite = await runDetached(["sh", "-c", "trap 'exit 5' TERM; echo ready; while true; do sleep 0.1; done"]);
    await written(polite, "ready");
    await engine.containers.stop(polite, { timeoutSeconds: 10 });
    expect(engine.containers.get(polite).state).toMatchObject({ status: "exited", exitCode: 5 });
    const deaf = await runDetached(["sleep", "100"]);
    await engine.containers.stop(deaf, { timeoutSeconds: 0 });
    expect(engine.containers.get(deaf).state).toMatchObject({ status: "exited", exitCode: 137, oomKilled: false });
    await removeAll();
  });

  it("do not reach a paused container before it goes on", async () => {
    const id = await runDetached(["sh", "-c", "while true; do date +%s%N; sleep 0.05; done"]);
    await engine.containers.pause(id);
    const { pid } = engine.containers.get(id).state;
    expect(await readOnMachine(`/sys/fs/cgroup/docker/${id}/cgroup.freeze`)).toBe("1\n");
    expect(pid).toBeGreaterThan(0);
    await expect(exec(id, ["true"])).rejects.toThrow(/is paused, unpause the container before exec$/);
    await engine.containers.unpause(id);
    await engine.containers.kill(id, "KILL");
    expect(engine.containers.get(id).state.exitCode).toBe(137);
    await removeAll();
  });
});

describe("files", () => {
  it("stay in a stopped container and go with a removed one", async () => {
    const { id } = await run(["sh", "-c", "echo kept > /kept; cat /kept"], {}, true);
    const second = engine.containers.wait(id, "next-exit");
    const output = outputOf(
      await engine.containers.attach(id, { stdin: false, stdout: true, stderr: true, stream: true, logs: false }),
    );
    await engine.containers.start(id);
    await second;
    expect(await output).toBe("kept\n");
    expect(await onMachine(`cat /var/lib/docker/overlay2/${id}/diff/kept`)).toBe("kept\n");
    await removeAll();
    expect(await onMachine(`ls /var/lib/docker/overlay2/${id} 2>/dev/null | wc -l`)).toBe("0\n");
  });

  it("of the machine are bound, read-only when asked, made when missing", async () => {
    await onMachine("mkdir -p /home/x; echo machine > /home/x/file");
    const { output } = await sh("cat /data/file; touch /data/new; ls /made; cat /one", {
      host: { binds: ["/home/x:/data:ro", "/home/missing:/made", "/home/x/file:/one"] },
    });
    expect(output).toBe("machine\n2|touch: /data/new: Read-only file system\nmachine\n");
    expect(await onMachine("ls -d /home/missing")).toBe("/home/missing\n");
  });

  it("in a volume outlive the container", async () => {
    await sh("echo v > /data/file", { host: { binds: ["vol:/data"] } });
    expect((await sh("cat /data/file", { host: { binds: ["vol:/data"] } })).output).toBe("v\n");
  });
});

describe("a volume without content", () => {
  it("gets what the image has at its place", async () => {
    const { output } = await sh("ls -la /etc | grep passwd; touch /etc/new", { host: { binds: ["etcvol:/etc"] } });
    expect(output).toContain("passwd");
    expect((await sh("ls /x", { host: { binds: ["etcvol:/x"] } })).output).toContain("new\n");
    expect(await onMachine("stat -c '%a %u' /var/lib/docker/volumes/etcvol/_data")).toBe("755 0\n");
  });
});

describe("looking at a container", () => {
  it("shows its processes, and its limits can be changed while it runs", async () => {
    const id = await runDetached(["sh", "-c", "sleep 100 & sleep 200"]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { titles, processes } = await engine.containers.top(id, "-ef");
    expect(titles).toEqual(["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]);
    expect(processes.map((row) => row.at(-1))).toEqual(["sleep 200", "sleep 100"]);
    await engine.containers.update(id, {
      resources: { memoryBytes: 32 << 20, memorySwapBytes: 64 << 20, cpuShares: 2048 },
    });
    expect(await readOnMachine(`/sys/fs/cgroup/docker/${id}/memory.max`)).toBe(`${32 << 20}\n`);
    expect(await readOnMachine(`/sys/fs/cgroup/docker/${id}/cpu.weight`)).toBe("79\n");
    const files = await engine.containers.withFiles(id, ({ root }) => onMachine(`ls ${root}/bin/busybox`));
    expect(files).toContain("/merged/bin/busybox");
    await engine.containers.kill(id, "KILL");
    expect(await engine.containers.withFiles(id, ({ root }) => onMachine(`ls ${root}/bin/busybox`))).toContain(
      "/merged/bin/busybox",
    );
    await removeAll();
  });

  it("reads its log, also afterwards", async () => {
    const { id } = await run(["sh", "-c", "for i in 1 2 3; do echo line$i; done; printf tail"], {}, true);
    const lines: string[] = [];
    for await (const entries of engine.containers.logs(id, { stdout: true, stderr: true, follow: false, tail: 2 }))
      lines.push(...entries.map(({ bytes }) => decodeUtf8(bytes)));
    expect(lines).toEqual(["line3\n", "tail\n"]);
    await removeAll();
  });
});

describe("warming up", () => {
  it("leaves nothing behind", async () => {
    await engine.containers.warmUp({ runs: 2, pauseMs: 0 });
    expect(engine.trace.spans().filter(({ name }) => name === "error.warm-up")).toEqual([]);
    expect(engine.trace.spans().filter(({ name }) => name === "warm-up")).toHaveLength(2);
    expect(
      await onMachine(
        "ls /sys/fs/cgroup/docker | grep -cE '^[0-9a-f]{64}$'; grep -c overlay2 /proc/mounts; ls /sys/class/net | grep -c veth",
      ),
    ).toBe("0\n0\n0\n");
  });
});

describe("the cost of a run", () => {
  it("is written down", async () => {
    await run(["true"]);
    const started = performance.now();
    await run(["true"]);
    const wallMs = performance.now() - started;
    const spans = engine.trace.spans(started).map(({ name, durationMs }) => `${name} ${durationMs.toFixed(1)} ms`);
    expect(spans.length).toBeGreaterThan(2);
    process.stderr.write(`docker run --rm busybox true: ${wallMs.toFixed(0)} ms here; ${spans.join(", ")}\n`);
  });
});
