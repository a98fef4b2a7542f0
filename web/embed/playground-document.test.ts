import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collect } from "../../engine/base/streams.ts";
import { readTar } from "../../engine/oci/layer-tar.ts";
import { decodeFragment, decodeFragmentText, encodeFragment, fragmentOf, JSON_LIMIT_BYTES } from "./document-codec.ts";
import { documentOf } from "./document-json.ts";
import { FILES_LIMIT, FILES_LIMIT_BYTES, isPath } from "./document-files.ts";
import { documentOfQuery, isSet, playgroundOfQuery } from "./document-query.ts";
import { tarOf } from "./document-tar.ts";
import { parsePlayground, readPlayground } from "./playground-document.ts";
import { snippetsOf } from "./snippets.ts";
import { workspaceName } from "./workspace-name.ts";

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const read = (fields: object) => readPlayground({ version: 1, ...fields });

describe("a playground document", () => {
  test("fills in what it leaves out", () => {
    expect(read({})).toEqual({
      title: "",
      description: "",
      language: undefined,
      files: [],
      open: undefined,
      commands: [],
      run: false,
      layout: "terminal",
      theme: "auto",
      readOnly: false,
      images: [],
      port: undefined,
      lesson: undefined,
      allowOrigins: undefined,
    });
  });

  test("has files as text, as base64 and with the executable bit, and a Dockerfile by itself", () => {
    const { files, layout } = read({
      dockerfile: "FROM busybox\n",
      files: {
        "src/run.sh": { text: "#!/bin/sh\n", executable: true },
        "logo.bin": { base64: "AP8=" },
        "한글.txt": "안녕",
      },
    });
    expect(files.map(({ path, bytes, isExecutable }) => [path, [...bytes].length, isExecutable])).toEqual([
      ["Dockerfile", 13, false],
      ["logo.bin", 2, false],
      ["src/run.sh", 10, true],
      ["한글.txt", 6, false],
    ]);
    expect(text(files[0]?.bytes)).toBe("FROM busybox\n");
    expect(layout).toBe("editor+terminal");
  });

  test("takes one command or several", () => {
    expect(read({ command: "docker ps" }).commands).toEqual(["docker ps"]);
    expect(read({ command: ["docker build .", "docker ps"] }).commands).toHaveLength(2);
  });

  test.each([
    ["split", "editor+terminal"],
    ["editor+terminal", "editor+terminal"],
    ["preview", "preview"],
    ["lesson+editor+terminal", "lesson+editor+terminal"],
  ])("knows the layout %s", (layout, meant) => {
    expect(read({ layout }).layout).toBe(meant);
  });

  test.each([
    ["no object", [], "document must be a JSON object"],
    ["another version", { version: 2 }, "version must be 1, not 2"],
    ["no version", {}, "version must be 1, not undefined"],
    ["a field it does not have", { version: 1, onload: "x" }, "onload is not a field of a playground document"],
    ["a layout that is none", { version: 1, layout: "wide" }, "layout must be split, or some of"],
    ["a layout of nothing", { version: 1, layout: "" }, "layout must be split, or some of"],
    ["a theme that is none", { version: 1, theme: "blue" }, 'theme must be one of auto, light, dark, not "blue"'],
    ["a flag that is a text", { version: 1, readOnly: "no" }, "readOnly must be true or false"],
    ["a port beyond ports", { version: 1, port: 65536 }, "port must be a whole number from 1 to 65535"],
    ["half a port", { version: 1, port: 80.5 }, "port must be a whole number"],
    ["an image with a shell in it", { version: 1, images: ["busybox;reboot"] }, "images[0] must be an image's name"],
    ["a command of two lines", { version: 1, command: "ls\rreboot" }, "command must be one line"],
    ["a command with an escape", { version: 1, command: ["ls", "\u001b[A\u009b"] }, "command[1] must be one line"],
    ["a command that reads backwards", { version: 1, command: "echo \u202etxt.sh" }, "command must not contain invis"],
    ["an empty command", { version: 1, command: " " }, "command must not be empty"],
    ["too many commands", { version: 1, command: Array(21).fill("ls") }, "command may have 20 lines"],
    ["a lesson that is a path", { version: 1, lesson: "../x" }, "lesson must be a lesson's id"],
    ["an origin with a path", { version: 1, allowOrigins: ["https://a.example/b"] }, "allowOrigins[0] must be an or"],
    ["any origin", { version: 1, allowOrigins: ["*"] }, "allowOrigins[0] must be an origin"],
    ["files in a list", { version: 1, files: ["a"] }, "files must be an object"],
    ["a file that is a number", { version: 1, files: { a: 1 } }, 'files["a"] must be a text'],
    [
      "a file with both contents",
      { version: 1, files: { a: { text: "", base64: "" } } },
      'files["a"] must have either',
    ],
    ["a file with no base64", { version: 1, files: { a: { base64: "%" } } }, 'files["a"].base64 is not base64'],
    ["a file with a mode", { version: 1, files: { a: { text: "", mode: 4 } } }, 'files["a"].mode is not a field'],
    ["two Dockerfiles", { version: 1, dockerfile: "", files: { Dockerfile: "" } }, "dockerfile and files"],
    ["a file in a file", { version: 1, files: { a: "", "a/b/c": "" } }, 'files["a/b/c"] needs a directory where "a"'],
    ["an opened file it lacks", { version: 1, open: "a" }, "open must be one of the files"],
  ])("is refused with %s, by the field's name", (_what, value, message) => {
    expect(() => readPlayground(value)).toThrow(message);
  });

  test.each([
    ["", "must not be empty"],
    ["/etc/passwd", "must be relative"],
    ["../up", 'must not contain ".."'],
    ["a/../../b", 'must not contain ".."'],
    ["a/./b", 'must not contain "."'],
    ["a//b", "must not contain an empty name"],
    ["a/", "must not contain an empty name"],
    ["a\0b", "must be one line without control characters"],
    ["a\nb", "must be one line without control characters"],
    ["a\\..\\b", "must not contain a backslash"],
    ["x".repeat(256), "has a name of more than 255 bytes"],
    ["한".repeat(86), "has a name of more than 255 bytes"],
    ["a/".repeat(32) + "a", "may be 32 directories deep"],
    ["a/".repeat(600) + "a", "may have 1024 characters"],
    ["exe\u202egnp.sh", "must not contain invisible"],
    ["\ud800", "must not contain invisible"],
  ])("is refused with the path %j", (path, problem) => {
    expect(() => read({ files: { [path]: "" } })).toThrow(problem);
    expect(isPath(path)).toBe(false);
  });

  test("keeps a name that means something to JavaScript a name", () => {
    const { files } = parsePlayground('{"version":1,"files":{"__proto__":"x","constructor":"y"}}');
    expect(files.map((file) => file.path)).toEqual(["__proto__", "constructor"]);
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  test("has at most so many files and bytes", () => {
    const many = Object.fromEntries(Array.from({ length: FILES_LIMIT + 1 }, (_, index) => [`f${index}`, ""]));
    expect(() => read({ files: many })).toThrow("files may have 200 files at most");
    const half = "x".repeat(FILES_LIMIT_BYTES / 2);
    expect(read({ files: { a: half, b: half } }).files).toHaveLength(2);
    expect(() => read({ files: { a: half, b: half }, dockerfile: "x" })).toThrow("files may have 1048576 bytes in all");
  });

  test("that is no JSON says so", () => {
    expect(() => parsePlayground("{")).toThrow(/^document is no JSON: /);
  });
});

const names = fc.stringMatching(/^[a-zA-Z0-9_. 가-힣-]{1,12}$/).filter((name) => !["", ".", ".."].includes(name));
const content = fc.oneof(
  fc.string({ unit: "binary" }).filter((each) => !/\p{Surrogate}/u.test(each)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ base64: btoa(String.fromCharCode(...bytes)) })),
);

describe("the fragment of an address", () => {
  test("brings back any document as it was", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, content, { maxKeys: 12 }), fc.boolean(), async (files, readOnly) => {
        const document = { version: 1, files: { ...files }, readOnly };
        const encoded = fragmentOf(`#${await encodeFragment(document)}`) ?? "";
        expect(encoded).toMatch(/^1\.[A-Za-z0-9_-]+$/);
        expect(await decodeFragment(encoded)).toEqual(readPlayground(document));
      }),
      { numRuns: 60 },
    );
  });

  test("refuses whatever else it may hold with an error of its own", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.base64String(), fc.constant("AAAA")), async (noise) => {
        for (const version of ["1.", "0.", ""]) {
          const answer = await decodeFragment(version + noise).catch((error: unknown) => error);
          expect(answer).toMatchObject({ name: "PlaygroundDocumentError" });
        }
      }),
      { numRuns: 60 },
    );
  });

  test("may be written without a deflater", async () => {
    const json = JSON.stringify({ version: 1, title: "안녕" });
    const encoded = `0.${Buffer.from(json).toString("base64url")}`;
    expect((await decodeFragment(encoded)).title).toBe("안녕");
  });

  test("that was cut says so", async () => {
    const whole =
      fragmentOf(await encodeFragment({ version: 1, title: "A title", dockerfile: "FROM a".repeat(40) })) ?? "";
    await expect(decodeFragment(whole.slice(0, -6))).rejects.toThrow("doc is damaged: the address may have been cut");
  });

  test("that promises more than it may hold is not inflated to the end", async () => {
    const bomb = fragmentOf(await encodeFragment({ version: 1, title: "x".repeat(40 << 20) })) ?? "";
    expect(bomb.length).toBeLessThan(100_000);
    await expect(decodeFragmentText(bomb)).rejects.toThrow(`doc may have ${JSON_LIMIT_BYTES} bytes at most`);
  });

  test("is found among others", () => {
    expect(fragmentOf("#a=b&doc=1.xx&c")).toBe("1.xx");
    expect(fragmentOf("#document")).toBeUndefined();
  });
});

describe("parameters of an address", () => {
  const of = (query: string) => playgroundOfQuery(new URLSearchParams(query));

  test("describe simple playgrounds", () => {
    expect(
      of(
        "image=nginx&command=docker+run+-p+8080:80+nginx&layout=terminal&theme=dark&readonly&port=8080&lang=ko&title=A",
      ),
    ).toMatchObject({
      title: "A",
      language: "ko",
      images: ["nginx"],
      commands: ["docker run -p 8080:80 nginx"],
      theme: "dark",
      readOnly: true,
      run: false,
      port: 8080,
    });
  });

  test("with an image alone type the command that runs it", () => {
    expect(of("image=busybox:1.35").commands).toEqual(["docker run -it --rm busybox:1.35"]);
  });

  test("are checked as any document is", () => {
    expect(() => of("port=http")).toThrow('port must be a whole number from 1 to 65535, not "http"');
    expect(() => of("command=a%0Db")).toThrow("command[0] must be one line");
    expect(() => of("image=a%20b")).toThrow("images[0] must be an image's name");
  });

  test("that are flags can be off", () => {
    expect(of("readonly=false&run=0")).toMatchObject({ readOnly: false, run: false });
    expect(isSet(new URLSearchParams("run"), "run")).toBe(true);
    expect(documentOfQuery(new URLSearchParams(""))).toEqual({ version: 1 });
  });
});

describe("the published schema", () => {
  interface Schema {
    readonly properties: Readonly<Record<string, { readonly examples: readonly unknown[] }>>;
  }
  const schema = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../public/playground-document.schema.json"), "utf8"),
  ) as Schema;

  test("has the fields that are read, with examples that pass", () => {
    for (const [name, { examples }] of Object.entries(schema.properties)) {
      expect(examples.length, name).toBeGreaterThan(0);
      for (const example of examples) {
        const needed = name === "open" ? { dockerfile: "FROM scratch\n" } : {};
        expect(() => readPlayground({ version: 1, ...needed, [name]: example }), name).not.toThrow();
      }
    }
  });

  test("leaves none out", () => {
    const everything = Object.fromEntries(
      Object.entries(schema.properties).map(([name, { examples }]) => [name, examples[0]]),
    );
    const { commands, files, ...fields } = readPlayground(everything);
    // Every field that a document can say differs from what is filled in.
    const { commands: none, files: nothing, ...defaults } = readPlayground({ version: 1 });
    for (const [name, value] of Object.entries(fields))
      expect(value, name).not.toEqual(defaults[name as keyof typeof defaults]);
    expect([commands.length > none.length, files.length > nothing.length]).toEqual([true, true]);
  });
});

describe("what is shared", () => {
  test("is the document that was read, written again", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, content, { maxKeys: 8 }), fc.nat(2), async (files, count) => {
        const playground = readPlayground({
          version: 1,
          title: "T",
          files: { ...files },
          command: ["a", "b"].slice(0, count),
          port: 80,
          layout: "editor+terminal",
        });
        expect(readPlayground(documentOf(playground))).toEqual(playground);
      }),
      { numRuns: 60 },
    );
  });

  test("ends no script and no attribute of the page it is pasted into", () => {
    const document = { version: 1, files: { a: '</script><!-- "' } };
    const { element, iframe } = snippetsOf({
      base: "https://d.example/",
      document,
      fragment: "doc=1.x",
      title: '"><b>',
    });
    expect(element.match(/<\/script>/g)).toHaveLength(2);
    expect(element).not.toContain("<!--");
    expect(iframe).toContain('title="&quot;>&lt;b>"');
  });
});

describe("a document's tar", () => {
  test("is what a tar reader reads", async () => {
    const paths = ["a", "한글/길.txt", `${"d".repeat(60)}/${"e".repeat(60)}`];
    const files = paths.map((path, index) => {
      return { path, bytes: new Uint8Array(index * 513).fill(index), isExecutable: index === 0 };
    });
    const seen: unknown[] = [];
    for await (const { entry, content } of readTar(tarOf(files).stream())) {
      seen.push([entry.path, entry.mode, (await collect(content)).length]);
    }
    expect(seen).toEqual([
      ["a", 0o755, 0],
      ["한글/길.txt", 0o644, 513],
      [paths[2], 0o644, 1026],
    ]);
  });
});

describe("the name of a document's workspace", () => {
  const nameOf = (files: object) => workspaceName(read({ files }));

  test("is the same for the same files, whatever else the document says, and for no others", async () => {
    const name = await nameOf({ a: "x", b: "y" });
    expect(name).toMatch(/^doc-[0-9a-f]{32}$/);
    expect(await workspaceName(read({ files: { b: "y", a: "x" }, title: "T", command: "ls" }))).toBe(name);
    const others = [{ a: "xy", b: "" }, { a: "x" }, { ab: "xy" }, { a: { text: "x", executable: true }, b: "y" }];
    for (const files of others) expect(await nameOf(files)).not.toBe(name);
  });
});
