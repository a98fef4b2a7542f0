import { expect, test } from "vitest";
import { composeFindings } from "../elements/code/compose-diagnostics.ts";
import { keyPath } from "../elements/code/compose-language.ts";
import { keysBelow } from "../elements/code/compose-schema.ts";
import { dockerfileFindings } from "../elements/code/dockerfile-diagnostics.ts";
import type { Finding } from "../elements/code/finding.ts";
import { isDockerfile, languageOf } from "../elements/code/languages.ts";

const brief = (findings: readonly Finding[]): string[] =>
  findings.map((each) => `${each.startLine}:${each.startColumn} ${each.severity} ${each.message}`);

test("a sound Dockerfile has no findings", () => {
  expect(
    dockerfileFindings('FROM busybox:latest AS a\nRUN echo "$(uname)"\nCOPY --from=a /x /y\nCMD ["sh"]\n'),
  ).toEqual([]);
});

test("an error is said once, in the build's words, at the place the language service knows", () => {
  const findings = dockerfileFindings("FROM busybox\nRUNN x\n");
  expect(brief(findings)).toEqual(["2:1 error unknown instruction: RUNN (did you mean RUN?)"]);
  expect(findings[0]?.endColumn).toBe(5);
});

test("the build checks are warnings with a link to what they mean", () => {
  const findings = dockerfileFindings("FROM busybox as base\nMAINTAINER me\nCMD sleep 1\n");
  expect(findings.map((each) => [each.startLine, each.severity, each.link?.name])).toEqual([
    [1, "warning", "FromAsCasing"],
    [2, "warning", "MaintainerDeprecated"],
    [3, "warning", "JSONArgsRecommended"],
  ]);
});

test("what the parser lets pass and the language service knows is said too", () => {
  expect(brief(dockerfileFindings("FROM busybox\nUSER x\nCOPY a b c\n"))).toEqual([
    expect.stringMatching(/^3:10 error When using COPY with more than one source file/),
  ]);
});

test("what BuildKit allows is no error, whatever the language service thinks", () => {
  const text =
    "FROM busybox AS a\nFROM busybox AS a\nCOPY --parents --exclude=*.md --link a/./b /c/\nADD --unpack=true x.tar /\n";
  expect(dockerfileFindings(text).filter((each) => each.severity === "error")).toEqual([]);
});

test("any text at all is checked without an exception", () => {
  for (const text of [
    "",
    "\0",
    "FROM",
    "RUN <<EOF",
    "# escape=`\nFROM a`\n",
    "FROM a\nRUN --mount=type=x y",
    "\uFEFFFROM a",
  ]) {
    expect(() => dockerfileFindings(text)).not.toThrow();
  }
});

test("a sound Compose file has no findings", () => {
  const text = `services:
  web:
    build: .
    ports: ["8080:80", "127.0.0.1:9000:9000/tcp", "80", "\${PORT}:80"]
    environment:
      - A=b
    depends_on: [db]
    volumes: ["data:/data", "./src:/src"]
  db:
    image: \${DB_IMAGE}
    x-anything: goes
volumes:
  data:
`;
  expect(composeFindings(text)).toEqual([]);
});

test("unknown keys, wrong kinds, wrong ports and names that are not defined are found where they stand", () => {
  const text = `services:
  web:
    image: nginx
    port: "80"
    ports:
      - "eighty:80"
    tty: "yes"
    depends_on:
      - db
    volumes:
      - data:/data
  empty:
    command: x
`;
  expect(brief(composeFindings(text))).toEqual([
    "4:5 warning “port” is not a key that Compose knows here.",
    '6:9 error “eighty:80” is no port: host:container, such as "8080:80".',
    "7:10 error tty must be true or false.",
    '9:9 error service "web" depends on undefined service "db"',
    '11:9 error service "web" refers to undefined volume data',
    '12:3 error service "empty" has neither an image nor a build context specified',
  ]);
});

test("YAML that cannot be read is said at its place, and nothing else", () => {
  const findings = composeFindings("services:\n  web:\n    image: [a\n");
  expect(findings.length).toBeGreaterThan(0);
  expect(findings.every((each) => each.severity === "error")).toBe(true);
});

test("the keys above a line are found by indentation, lists included", () => {
  const lines = [
    "services:",
    "  web:",
    "    build:",
    "      context: .",
    "    volumes:",
    "      - type: bind",
    "  db:",
    "    ",
  ];
  const model = { getLineContent: (line: number) => lines[line - 1] ?? "" };
  expect(keyPath(model, 4)).toEqual(["services", "web", "build"]);
  expect(keyPath(model, 8)).toEqual(["services", "db"]);
  expect(keysBelow(["services", "db"])).toHaveProperty("image");
  expect(keysBelow(["services"])).toBeUndefined();
  expect(keysBelow(["services", "web", "build"])).toHaveProperty("target");
});

test("a file's language is told by its name", () => {
  const names = [
    "Dockerfile",
    "a/Dockerfile.dev",
    "web.dockerfile",
    "Dockerfile.dockerignore",
    "compose.yaml",
    "docker-compose.dev.yml",
    "x.yml",
    "run.sh",
    "a.py",
    "notes",
  ];
  expect(names.map(languageOf)).toEqual([
    "dockerfile",
    "dockerfile",
    "dockerfile",
    "plaintext",
    "compose",
    "compose",
    "yaml",
    "shell",
    "python",
    "plaintext",
  ]);
  expect(isDockerfile("x/Containerfile")).toBe(true);
});
