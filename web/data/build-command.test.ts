import { expect, test } from "vitest";
import { buildCommand, dockerfileFor, runCommand } from "./build-command.ts";

const isDockerfile = (path: string): boolean => /(^|\/)Dockerfile/.test(path);

test("the nearest Dockerfile above a file is built, a Dockerfile itself", () => {
  const files = new Set(["Dockerfile", "web/Dockerfile", "web/src/a.js", "web/Dockerfile.dev", "x/y"]);
  const of = (path: string): string | undefined => dockerfileFor(path, isDockerfile, (each) => files.has(each));
  expect(of("web/src/a.js")).toBe("web/Dockerfile");
  expect(of("web/Dockerfile.dev")).toBe("web/Dockerfile.dev");
  expect(of("x/y")).toBe("Dockerfile");
  expect(of("")).toBe("Dockerfile");
  files.delete("Dockerfile");
  expect(of("x/y")).toBeUndefined();
});

test("the command goes to the directory of the Dockerfile, unless the prompt shows it", () => {
  expect(buildCommand("Dockerfile", "a:1", "~/workspace").line).toBe("docker build -t a:1 .");
  expect(buildCommand("Dockerfile", "a:1", "/root/workspace/").line).toBe("docker build -t a:1 .");
  expect(buildCommand("Dockerfile", "a:1", "~").line).toBe("cd ~/workspace && docker build -t a:1 .");
  expect(buildCommand("web/Dockerfile.dev", "a:1", undefined).line).toBe(
    "cd ~/workspace/web && docker build -t a:1 -f Dockerfile.dev .",
  );
});

test("names that a shell would take apart are quoted", () => {
  expect(buildCommand("my app/Dockerfile", "a; rm -rf /", "~").line).toBe(
    "cd ~/workspace'/my app' && docker build -t 'a; rm -rf /' .",
  );
  expect(runCommand("it's")).toBe(String.raw`docker run --rm -it -P 'it'\''s'`);
});
