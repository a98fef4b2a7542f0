import type { ReactiveController, ReactiveControllerHost } from "lit";
import { ask, messageOf } from "../data/drydock-api.ts";
import type { EngineClient } from "../data/engine-client.ts";
import type { WorkbenchHost } from "../elements/workbench/workbench-host.ts";
import { type ClaimPorts, holds } from "../lessons/check-claim.ts";
import type { Claim } from "../lessons/claim.ts";
import type { Lesson, LessonLanguage } from "../lessons/lesson.ts";
import { loadLessonFiles, loadLessons } from "../lessons/lesson-library.ts";
import { LessonProgress } from "../lessons/lesson-progress.ts";

/** How often the step in front is looked at while it is shown and not done. */
const LOOK_MS = 2500;
const ENTER = "\r";
/** Ctrl-U: what was typed so far is gone, in a shell and in whatever reads lines. */
const KILL_LINE = "\x15";

/** The lessons, how far the learner is, and whether the step in front is done: the engine is asked. */
export class LessonController implements ReactiveController {
  readonly progress = new LessonProgress();
  lessons: readonly Lesson[] | undefined;
  language: LessonLanguage = this.progress.language;
  /** What the learner was last told is missing; undefined when the step was not checked by hand. */
  missing: readonly Claim[] | undefined;
  isChecking = false;
  problem: string | undefined;

  readonly #element: ReactiveControllerHost;
  readonly #host: () => WorkbenchHost;
  #watched: { readonly slug: string; readonly step: string } | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isLooking = false;

  constructor(element: ReactiveControllerHost, host: () => WorkbenchHost) {
    this.#element = element;
    this.#host = host;
    element.addController(this);
  }

  hostConnected(): void {
    if (this.lessons === undefined) void this.speak(this.language);
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
  }

  hostDisconnected(): void {
    clearInterval(this.#timer);
  }

  /** Changes the language, or loads the lessons in it. */
  async speak(language: LessonLanguage): Promise<void> {
    if (this.lessons !== undefined) this.progress.language = language;
    await this.#try(async () => {
      this.lessons = await loadLessons(language);
      this.language = language;
    });
  }

  /** Looks at this step from now on; undefined: at none. */
  watch(step: { readonly slug: string; readonly step: string } | undefined): void {
    if (step?.slug !== this.#watched?.slug || step?.step !== this.#watched?.step) this.missing = undefined;
    this.#watched = step;
    void this.#look();
  }

  /** Brings a lesson's files into the workspace, where nothing of that name is, and its images into the engine. */
  async begin(slug: string): Promise<Lesson | undefined> {
    if (this.lessons === undefined) await this.speak(this.language);
    const lesson = this.lessons?.find((each) => each.slug === slug);
    if (lesson && this.#host().client)
      await this.#try(async () => {
        await this.#bringFiles(slug);
        this.#pull(lesson.images);
      });
    return lesson;
  }

  /** Types into the terminal in front. */
  type({ lines, enter }: { readonly lines: readonly string[]; readonly enter: boolean }): void {
    const host = this.#host();
    const text = enter ? lines.map((line) => line + ENTER).join("") : lines.join(ENTER);
    // What stands typed already, and was not sent, is not to become the beginning of this.
    host.type(host.promptDirectory() === undefined ? KILL_LINE + text : text);
    host.showTerminal();
  }

  async save({ path, text }: { readonly path: string; readonly text: string }): Promise<void> {
    await this.#try(() => this.#put(path, text));
  }

  /** Checks because the learner asked: says what is missing. */
  async check(): Promise<void> {
    this.isChecking = true;
    this.#element.requestUpdate();
    await this.#try(async () => (this.missing = await this.#findMissing({ all: true })));
    this.isChecking = false;
    this.#element.requestUpdate();
  }

  /** Checks by itself: says nothing before the step is done. */
  async #look(): Promise<void> {
    const watched = this.#watched;
    if (!watched || this.#isLooking || this.#host().client === undefined) return;
    if (this.progress.isDone(watched.slug, watched.step)) return;
    this.#isLooking = true;
    await this.#findMissing({ all: false }).catch(() => undefined);
    this.#isLooking = false;
  }

  /** @param all false: one that is missing is enough to know */
  async #findMissing({ all }: { readonly all: boolean }): Promise<readonly Claim[] | undefined> {
    const watched = this.#watched;
    const lesson = this.lessons?.find(({ slug }) => slug === watched?.slug);
    const step = lesson?.steps.find(({ id }) => id === watched?.step);
    const { client, fetch } = this.#host();
    if (!watched || !step || client === undefined) return undefined;
    const ports: ClaimPorts = { fetch, request: (port) => requestPort(client, port) };
    const missing: Claim[] = [];
    for (const claim of step.claims) {
      if (await holds(claim, ports)) continue;
      missing.push(claim);
      if (!all) return missing;
    }
    if (missing.length === 0) {
      this.progress.finish(watched.slug, watched.step);
      this.#element.requestUpdate();
    }
    return missing;
  }

  async #bringFiles(slug: string): Promise<void> {
    const { fetch } = this.#host();
    for (const [path, text] of await loadLessonFiles(slug)) {
      const known = await fetch(`/drydock/workspace/file?path=${encodeURIComponent(path)}`, { method: "GET" });
      await known.body?.cancel();
      if (known.status === 404) await this.#put(path, text);
    }
  }

  async #put(path: string, text: string): Promise<void> {
    await ask(this.#host().fetch, "PUT", `/drydock/workspace/file?path=${encodeURIComponent(path)}`, { body: text });
  }

  /** Ahead of the first `docker run`; who is faster does it. */
  #pull(images: readonly string[]): void {
    const { fetch } = this.#host();
    for (const image of images) {
      void fetch(`/images/${image}/json`)
        .then(async ({ status }) => {
          if (status !== 404) return;
          const pulled = await fetch(`/images/create?fromImage=${encodeURIComponent(image)}&tag=latest`, {
            method: "POST",
          });
          await pulled.text();
        })
        .catch(() => undefined);
    }
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.problem = undefined;
    } catch (error) {
      this.problem = messageOf(error);
    }
    this.#element.requestUpdate();
  }
}

/** Asked by the machine itself, as a neighbour of the container would. */
async function requestPort(
  client: EngineClient,
  port: number,
): Promise<{ readonly status: number; readonly text: string }> {
  const command = `curl -s -m 5 -w '\\n%{http_code}' http://127.0.0.1:${port}/`;
  const { output } = await client.runCommand({ command });
  const answer = await new Response(output).text();
  const last = answer.lastIndexOf("\n");
  return { status: Number(answer.slice(last + 1)), text: answer.slice(0, last) };
}
