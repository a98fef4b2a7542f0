/** Plays every lesson's solution in a real guest: each step's checks fail before it and hold after it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEngine, type Engine, openMemoryStorage } from "../../engine/index.ts";
import { createFileAssets } from "../../engine/node/file-assets.ts";
import { ShellSession } from "../../engine/testing/shell-session.ts";
import type { DockerFetch } from "../data/engine-client.ts";
import { type ClaimPorts, holds } from "./check-claim.ts";
import type { LessonStep } from "./lesson.ts";
import { parseLesson } from "./parse-lesson.ts";

const ROOT = join(import.meta.dirname, "../..");
const LESSONS = join(ROOT, "lessons");
const slugs = readdirSync(LESSONS, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

/** Busybox's shell asks where the cursor is, behind its prompt. */
const BUSYBOX_PROMPT = new RegExp(String.raw`# (?:${String.fromCharCode(0x1b)}\[6n)?$`);

/** The engine's one door, after `fetch`. */
function fetchOf(engine: Engine): DockerFetch {
  return async (address, init = {}) => {
    const { pathname, searchParams } = new URL(address, "http://localhost");
    const { status, headers, body } = await engine.fetch({
      method: init.method ?? "GET",
      path: decodeURI(pathname),
      query: searchParams,
      headers: new Map(new Headers(init.headers)),
      body: typeof init.body === "string" ? (new Response(init.body).body ?? undefined) : undefined,
    });
    return new Response(init.method === "HEAD" || status === 204 ? null : (body ?? null), {
      status,
      headers: [...headers] as [string, string][],
    });
  };
}

describe.each(slugs)("lessons/%s", (slug) => {
  const lesson = parseLesson(slug, readFileSync(join(LESSONS, slug, "lesson.md"), "utf8"));
  let engine: Engine;
  let shell: ShellSession;
  let ports: ClaimPorts;

  beforeAll(async () => {
    engine = await createEngine({ assets: createFileAssets(join(ROOT, "public")), storage: openMemoryStorage() });
    shell = await ShellSession.open(engine);
    const fetch = fetchOf(engine);
    ports = {
      fetch,
      request: async (port) => {
        const { output } = await engine.runCommand({
          command: `curl -s -w '\\n%{http_code}' http://127.0.0.1:${port}/`,
        });
        const text = await new Response(output).text();
        const last = text.lastIndexOf("\n");
        return { status: Number(text.slice(last + 1)), text: text.slice(0, last) };
      },
    };
    const files = join(LESSONS, slug, "files");
    for (const name of existsSync(files) ? (readdirSync(files, { recursive: true }) as string[]) : []) {
      const path = `/drydock/workspace/file?path=${encodeURIComponent(name)}`;
      expect((await fetch(path, { method: "PUT", body: readFileSync(join(files, name), "utf8") })).ok).toBe(true);
    }
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  const areDone = async (step: LessonStep): Promise<readonly boolean[]> => {
    const found: boolean[] = [];
    for (const claim of step.claims) found.push(await holds(claim, ports));
    return found;
  };

  it.each(lesson.steps.map((step) => [step.id, step] as const))("step %s", async (id, step) => {
    expect(await areDone(step), "before").toContain(false);
    const [first = "", ...rest] = readFileSync(join(LESSONS, slug, "solution", `${id}.sh`), "utf8")
      .trim()
      .split("\n");
    if (first.includes("run -it")) {
      await shell.type(`${first}\n`);
      await shell.waitFor(BUSYBOX_PROMPT);
      await shell.run(rest.join("\n"));
    } else for (const line of [first, ...rest]) await shell.run(line, { timeoutMs: 60_000 });
    await expect.poll(() => areDone(step)).toEqual(step.claims.map(() => true));
  });
});
