/** testcontainers: waits for logs, ports and health, copies files, makes networks; published ports are reached on this machine. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type * as Testcontainers from "testcontainers";
import { type EngineProcess, startEngine } from "./engine-process.ts";

let engine: EngineProcess;
let testcontainers: typeof Testcontainers;

beforeAll(async () => {
  engine = await startEngine();
  // The client reads these when it is loaded.
  process.env["DOCKER_HOST"] = engine.host;
  process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true";
  // In a container itself it would look for the ports at its own gateway.
  process.env["TESTCONTAINERS_HOST_OVERRIDE"] = "localhost";
  testcontainers = await import("testcontainers");
});

afterAll(() => engine[Symbol.asyncDispose]());

const SERVE = ["sh", "-c", "mkdir -p /www; echo served > /www/index.html; echo ready; exec httpd -f -h /www -p 80"];

it("waits for a log line and a port, and reaches the port", async () => {
  const { GenericContainer, Wait } = testcontainers;
  await using container = await new GenericContainer("busybox:latest")
    .withCommand(SERVE)
    .withExposedPorts(80)
    .withWaitStrategy(Wait.forAll([Wait.forLogMessage("ready"), Wait.forListeningPorts()]))
    .start();
  const answer = await fetch(`http://${container.getHost()}:${container.getMappedPort(80)}/`);
  expect(await answer.text()).toBe("served\n");
});

it("waits for health", async () => {
  const { GenericContainer, Wait } = testcontainers;
  await using container = await new GenericContainer("busybox:latest")
    .withCommand(["sleep", "1000"])
    .withHealthCheck({ test: ["CMD-SHELL", "true"], interval: 100, timeout: 5000, retries: 3, startPeriod: 0 })
    .withWaitStrategy(Wait.forHealthCheck())
    .start();
  expect(container.getId()).toMatch(/^[0-9a-f]{64}$/);
});

it("waits for an HTTP answer", async () => {
  const { GenericContainer, Wait } = testcontainers;
  await using container = await new GenericContainer("busybox:latest")
    .withCommand(SERVE)
    .withExposedPorts(80)
    .withWaitStrategy(Wait.forHttp("/", 80).forStatusCode(200))
    .start();
  expect(container.getMappedPort(80)).toBeGreaterThan(1024);
});

it("copies content in and a tree out, executes commands, sets environment and user", async () => {
  const { GenericContainer } = testcontainers;
  await using container = await new GenericContainer("busybox:latest")
    .withCommand(["sleep", "1000"])
    .withEnvironment({ GREETING: "hello" })
    .withCopyContentToContainer([{ content: "copied\n", target: "/tmp/in.txt" }])
    .withTmpFs({ "/scratch": "rw" })
    .withUser("1")
    .start();
  const { output, exitCode } = await container.exec(["sh", "-c", "cat /tmp/in.txt; echo $GREETING; id -u; exit 4"]);
  expect({ output, exitCode }).toEqual({ output: "copied\nhello\n1\n", exitCode: 4 });
  const archive = await container.copyArchiveFromContainer("/tmp/in.txt");
  expect(archive).toBeDefined();
  await container.restart();
  expect((await container.exec(["cat", "/tmp/in.txt"])).output).toBe("copied\n");
});

it("lets containers of one network find one another by alias", async () => {
  const { GenericContainer, Network } = testcontainers;
  await using network = await new Network().start();
  await using server = await new GenericContainer("busybox:latest")
    .withCommand(SERVE)
    .withNetwork(network)
    .withNetworkAliases("web")
    .start();
  expect(server.getNetworkNames()).toContain(network.getName());
  await using client = await new GenericContainer("busybox:latest")
    .withCommand(["sleep", "1000"])
    .withNetwork(network)
    .start();
  const fetched = await client.exec([
    "sh",
    "-c",
    "for i in $(seq 50); do wget -qO- http://web/ && break; sleep 0.1; done",
  ]);
  expect(fetched.output).toContain("served");
});

it("streams logs and stops", async () => {
  const { GenericContainer } = testcontainers;
  const container = await new GenericContainer("busybox:latest")
    .withCommand(["sh", "-c", "echo one; sleep 1000"])
    .start();
  const line = await new Promise((resolve, reject) => {
    container
      .logs()
      .then((stream: NodeJS.ReadableStream) => stream.once("data", resolve).once("error", reject), reject);
  });
  expect(String(line).trim()).toBe("one");
  await container.stop();
});

it("says why an image cannot be had", async () => {
  const { GenericContainer } = testcontainers;
  await expect(new GenericContainer("127.0.0.1:47123/no-such-image:here").start()).rejects.toThrow(
    /connection refused/,
  );
});
