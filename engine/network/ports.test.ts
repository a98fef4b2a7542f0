import { describe, expect, it } from "vitest";
import { PortAllocator } from "./ports.ts";

const tcp = (hostPort: number, hostIp = "", port = 80) => ({
  container: { port, protocol: "tcp" as const },
  hostIp,
  hostPort,
});

describe("ports", () => {
  it("belong to one container until it gives them back", () => {
    const ports = new PortAllocator();
    const taken = ports.take([tcp(8080)]);
    expect(taken).toEqual([tcp(8080)]);
    expect(() => ports.take([tcp(8080)])).toThrow("Bind for 0.0.0.0:8080 failed: port is already allocated");
    ports.give(taken);
    expect(ports.take([tcp(8080)])).toEqual(taken);
  });

  it("of all addresses exclude the same port of one, not of another protocol", () => {
    const ports = new PortAllocator();
    ports.take([tcp(80, "127.0.0.1")]);
    expect(ports.take([tcp(80, "127.0.0.2")])).toHaveLength(1);
    expect(() => ports.take([tcp(80)])).toThrow("Bind for 0.0.0.0:80 failed");
    expect(ports.take([{ container: { port: 80, protocol: "udp" }, hostIp: "", hostPort: 80 }])).toHaveLength(1);
  });

  it("are all taken or none", () => {
    const ports = new PortAllocator();
    ports.take([tcp(2)]);
    expect(() => ports.take([tcp(1), tcp(2)])).toThrow("0.0.0.0:2");
    expect(ports.take([tcp(1)])).toHaveLength(1);
  });

  it("of a range are the first free one, and its last when all are taken", () => {
    const ports = new PortAllocator();
    const range = { ...tcp(8000), hostPortEnd: 8001 };
    expect(ports.take([range, range]).map(({ hostPort }) => hostPort)).toEqual([8000, 8001]);
    expect(() => ports.take([range])).toThrow("Bind for 0.0.0.0:8001 failed: port is already allocated");
  });

  it("are picked from 32768 on, each a new one", () => {
    const ports = new PortAllocator();
    const [first] = ports.take([tcp(0)]);
    const [second] = ports.take([tcp(0)]);
    expect([first?.hostPort, second?.hostPort]).toEqual([32_768, 32_769]);
    ports.give([first as typeof first & object]);
    expect(ports.take([tcp(0)])[0]?.hostPort).toBe(32_770);
  });
});
