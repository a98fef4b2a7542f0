import { describe, expect, it } from "vitest";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "./snapshot-format.ts";

const link = { kernelRelease: "6.12.1", bytesSent: 123, nextRequestId: 4, nextStreamId: 5 };
const snapshot: Snapshot = {
  info: { fingerprint: "kernel 1 café", memoryBytes: 256 << 20, linkPort: 1, link },
  ninePState: Uint8Array.of(1, 2, 3),
  machineState: Uint8Array.from({ length: 300_000 }, (_, index) => (index * index) >> 8).buffer,
};

describe("the snapshot format", () => {
  it("gives back what was put in, and is smaller", async () => {
    const file = await encodeSnapshot(snapshot);
    expect(file.length).toBeLessThan(snapshot.machineState.byteLength);
    const decoded = await decodeSnapshot(file);
    expect(decoded.info).toEqual(snapshot.info);
    expect(decoded.ninePState).toEqual(snapshot.ninePState);
    expect(Buffer.compare(Buffer.from(decoded.machineState), Buffer.from(snapshot.machineState))).toBe(0);
  });

  it.each([
    ["another file", (file: Uint8Array<ArrayBuffer>) => file.fill(0, 0, 8)],
    ["a file that was cut", (file: Uint8Array<ArrayBuffer>) => file.slice(0, file.length / 2)],
    ["a header that was cut", (file: Uint8Array<ArrayBuffer>) => file.slice(0, 20)],
    ["a file whose bytes changed", (file: Uint8Array<ArrayBuffer>) => file.fill(0, 5000, 6000)],
    ["an empty file", () => new Uint8Array(0)],
  ])("refuses %s as a conflict, so that the caller boots instead", async (_name, damage) => {
    const file = damage(await encodeSnapshot(snapshot));
    await expect(decodeSnapshot(file)).rejects.toMatchObject({ kind: "conflict" });
  });
});
