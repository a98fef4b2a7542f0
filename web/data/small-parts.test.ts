import { expect, test } from "vitest";
import { writeBatched } from "./batches.ts";
import { containerRows, imageRows } from "./docker-lists.ts";
import { failureOf } from "./failure.ts";
import { formatBytes, formatSeconds } from "./format.ts";
import { InputPipe } from "./input-pipe.ts";
import { jsonLines } from "./json-lines.ts";

test("sizes and durations read like Docker's", () => {
  expect([0, 999, 13_256, 4_421_246, 999_999_999].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "13.3 kB",
    "4.42 MB",
    "1000 MB",
  ]);
  expect([840, 1240, 12_400].map(formatSeconds)).toEqual(["0.84 s", "1.2 s", "12 s"]);
});

test("lists take what Docker sends and survive what it does not", () => {
  expect(
    containerRows([
      {
        Id: "c0ffee",
        Names: ["/web"],
        Image: "nginx",
        State: "running",
        Status: "Up 1 second",
        Ports: [
          { PrivatePort: 80, PublicPort: 8080, Type: "tcp", IP: "0.0.0.0" },
          { PrivatePort: 80, PublicPort: 8080, Type: "tcp", IP: "::" },
          { PrivatePort: 443, Type: "tcp" },
        ],
      },
    ]),
  ).toEqual([
    {
      id: "c0ffee",
      name: "web",
      image: "nginx",
      state: "running",
      status: "Up 1 second",
      ports: ["8080→80/tcp", "443/tcp"],
      published: [{ port: 8080, containerPort: 80 }],
    },
  ]);
  expect(containerRows({ message: "no" })).toEqual([]);
  expect(
    imageRows([
      { Id: `sha256:${"ab".repeat(32)}`, RepoTags: ["a:1", "a:2"], Size: 1, Created: 2 },
      { Id: `sha256:${"cd".repeat(32)}`, RepoTags: null },
    ]).map((row) => row.name),
  ).toEqual(["a:1", "a:2", "cdcdcdcdcdcd"]);
});

test("events arrive as values, however the bytes are cut", async () => {
  const bytes = new TextEncoder().encode('{"Type":"image"}\n\nnot json\n{"Type":"é"}\n{"cut');
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const values: unknown[] = [];
  for await (const value of jsonLines(stream)) values.push(value);
  expect(values).toEqual([{ Type: "image" }, { Type: "é" }]);
});

test("a megabyte pushed at once leaves in order and in small pieces", async () => {
  const pipe = new InputPipe();
  pipe.push(new Uint8Array(1 << 20).fill(7));
  pipe.push(Uint8Array.of(8));
  const reader = pipe.readable.getReader();
  let size = 0;
  let last = 0;
  while (size < (1 << 20) + 1) {
    const { value } = await reader.read();
    expect(value?.length).toBeLessThanOrEqual(16 << 10);
    size += value?.length ?? 0;
    last = value?.at(-1) ?? 0;
  }
  expect([last, pipe.sizeBytes]).toEqual([8, 0]);
  pipe.close();
  expect((await reader.read()).done).toBe(true);
});

test("short chunks are merged while a write is under way, in order and with the source held back", async () => {
  const count = 5000;
  let made = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (made === count) controller.close();
      else controller.enqueue(new TextEncoder().encode(`${String(made++).padStart(99)}\n`));
    },
  });
  const batches: string[] = [];
  let ahead = 0;
  await writeBatched(source, async (batch) => {
    batches.push(new TextDecoder().decode(batch));
    await new Promise((resolve) => setTimeout(resolve, 2));
    ahead = Math.max(ahead, made * 100 - batches.join("").length);
  });
  expect(batches.join("").split("\n").slice(0, count).map(Number)).toEqual(Array.from({ length: count }, (_, n) => n));
  expect(batches.length).toBeLessThan(50);
  expect(ahead).toBeLessThan(200 << 10);
});

test("a stream that fails makes the pump fail", async () => {
  const source = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error("gone")) });
  await expect(writeBatched(source, async () => undefined)).rejects.toThrow("gone");
});

test.each([
  [new DOMException("full", "QuotaExceededError"), "storage-full"],
  [new Error("boot", { cause: new Error("storage is full: 1.2 GB used") }), "storage-full"],
  [new DOMException("no", "InvalidStateError"), "storage-broken"],
  [new Error("the kernel panicked"), "boot-failed"],
] as const)("%s is the failure %s", (error, kind) => {
  expect(failureOf(error, { assetFailure: () => undefined, console: () => "" }).kind).toBe(kind);
});
