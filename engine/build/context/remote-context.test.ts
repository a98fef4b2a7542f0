import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { collectText, encodeUtf8, streamFrom, streamOf } from "../../base/streams.ts";
import { directory, file, tarOf } from "../files/copy-cases.ts";
import { fetchContext, isRemoteContext, type RemotePorts } from "./remote-context.ts";

function answering(bytes: Uint8Array, status = 200): RemotePorts {
  return {
    fetcher: {
      get: async () => ({ status, headers: new Map(), body: streamFrom([bytes.subarray(0, 3), bytes.subarray(3)]) }),
    },
  };
}

const archive = await tarOf([
  directory("d", { uid: 4 }),
  file("d/Dockerfile", "FROM scratch\n"),
  file("Dockerfile", "FROM x\n"),
]);

describe("a context by URL", () => {
  test.each([
    ["plain", archive],
    ["gzip", gzipSync(archive)],
  ])("is a tar file: %s", async (_, bytes) => {
    await using context = await fetchContext("https://h/c", answering(bytes));
    expect(context.dockerfile).toBeUndefined();
    expect(await collectText(context.files.read("Dockerfile"))).toBe("FROM x\n");
    expect(context.files.find("d")).toMatchObject({ uid: 4 });
  });

  test.each(["FROM x\n", "", `FROM x\n${"#".repeat(149)}x rest`, `# ${"long ".repeat(1000)}\nFROM x\n`])(
    "is a Dockerfile: %.20j",
    async (text) => {
      await using context = await fetchContext("https://h/Dockerfile", answering(encodeUtf8(text)));
      expect(context.dockerfile).toBe("context");
      expect(await collectText(context.files.read("context"))).toBe(text);
    },
  );

  test("is refused when the place refuses, and when what it gives is neither", async () => {
    await expect(fetchContext("https://h/c", answering(archive, 500))).rejects.toThrow("invalid response status 500");
    const body = streamFrom(Array.from({ length: 40 }, () => new Uint8Array(1 << 19).fill(65)));
    const ports: RemotePorts = { fetcher: { get: async () => ({ status: 200, headers: new Map(), body }) } };
    await expect(fetchContext("https://h/c", ports)).rejects.toThrow("neither a tar file nor a Dockerfile");
    await expect(fetchContext("https://h/c", {})).rejects.toThrow("there is no way to other machines");
  });
});

describe("a git repository as context", () => {
  test("is refused with the reason when there is no relay", async () => {
    await expect(fetchContext("https://h/r.git#main", answering(archive))).rejects.toThrow(
      "failed to fetch remote https://h/r.git: git repositories cannot be read from a browser tab",
    );
  });

  test("comes from the relay, its subdirectory as the root", async () => {
    const asked: unknown[] = [];
    const git: RemotePorts["git"] = {
      fetch: async (repository) => {
        asked.push(repository.remote, repository.ref);
        return streamOf(archive);
      },
    };
    await using context = await fetchContext("git@h:o/r.git#v1:d", { git });
    expect(asked).toEqual(["git@h:o/r.git", "v1"]);
    expect([...context.files.names("")]).toEqual(["Dockerfile"]);
    expect(await collectText(context.files.read("Dockerfile"))).toBe("FROM scratch\n");
    expect(context.files.find("")).toMatchObject({ uid: 0 });
  });
});

test.each([
  ["https://h/x", true],
  ["http://h/x", true],
  ["git@h:x", true],
  [".", false],
  ["dir", false],
  ["-", false],
])("%s is elsewhere: %s", (text, expected) => {
  expect(isRemoteContext(text)).toBe(expected);
});
