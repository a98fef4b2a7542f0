import { expect, test } from "vitest";
import type { ContainerRow } from "../data/docker-lists.ts";
import { PortsController } from "./ports-controller.ts";

const row = (name: string, port: number, state = "running"): ContainerRow => ({
  id: name,
  name,
  image: "nginx",
  state,
  status: "",
  ports: [],
  published: [{ port, containerPort: 80 }],
});

test("a port is new once, when a running container publishes it after the first list, and forgotten with its container", () => {
  const ports = new PortsController({ requestUpdate: () => undefined });
  ports.update([row("old", 8080)]);
  expect(ports.latest).toBeUndefined();
  ports.update([row("old", 8080), row("stopped", 9090, "created")]);
  expect(ports.latest).toBeUndefined();
  ports.update([row("old", 8080), row("web", 8081)]);
  expect(ports.latest).toEqual({ port: 8081, container: "web" });
  ports.update([row("old", 8080), row("web", 8081)]);
  ports.settle();
  ports.update([row("old", 8080), row("web", 8081)]);
  expect(ports.latest).toBeUndefined();
  ports.update([row("old", 8080), row("web", 8081), row("more", 8082)]);
  ports.update([row("old", 8080), row("web", 8081)]);
  expect(ports.latest).toBeUndefined();
});

test("after a restart of the machine what is published then is not news", () => {
  const ports = new PortsController({ requestUpdate: () => undefined });
  ports.update([]);
  ports.update(undefined);
  ports.update([row("web", 8080)]);
  expect(ports.latest).toBeUndefined();
});
