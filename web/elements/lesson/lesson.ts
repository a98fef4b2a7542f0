import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { LessonController } from "../../controllers/lesson-controller.ts";
import { describeClaim } from "../../lessons/claim-words.ts";
import type { Lesson, LessonLanguage } from "../../lessons/lesson.ts";
import { LESSON_WORDS, type LessonWords } from "../../lessons/words.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import type { WorkbenchHost, WorkbenchPanel } from "../workbench/workbench-host.ts";
import { styles } from "./lesson.styles.ts";
import type { LessonCommand, LessonSave } from "./step-view.ts";
import "./step-view.ts";

const LANGUAGES: readonly LessonLanguage[] = ["en", "ko"];

/** The lessons: their list, and the one that is open, a step at a time. */
@customElement("dd-lesson")
export class DrydockLesson extends LitElement implements WorkbenchPanel {
  static override styles = [shared, styles];

  @property({ attribute: false }) host!: WorkbenchHost;
  @property({ type: Boolean }) isShown = false;

  @state() private slug: string | undefined;
  @state() private index = 0;

  readonly #lessons = new LessonController(this, () => this.host);

  /** Opens a lesson by its folder's name. */
  open(slug: string): void {
    void this.#open(slug);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("isShown") || changed.has("host")) this.#lessons.watch(this.isShown ? this.#current() : undefined);
  }

  protected override render() {
    const { language, lessons } = this.#lessons;
    const words = LESSON_WORDS[language];
    const lesson = lessons?.find(({ slug }) => slug === this.slug);
    return html`
      <header lang=${language}>
        ${
          this.slug === undefined
            ? html`<h2>${words.title}</h2>`
            : html`<button class="quiet all" @click=${() => this.#leave()}>${icon("back")}${words.all}</button>`
        }
        <div class="languages" role="group" aria-label="Language · 언어">
          ${LANGUAGES.map(
            (each) =>
              html`<button
                class="quiet"
                lang=${each}
                aria-pressed=${each === language}
                @click=${() => this.#lessons.speak(each)}
              >
                ${LESSON_WORDS[each].language}
              </button>`,
          )}
        </div>
      </header>
      <div class="body" lang=${language}>
        ${this.#problem(words)}
        ${
          lessons === undefined
            ? nothing
            : this.slug === undefined
              ? this.#list(lessons, words)
              : lesson === undefined
                ? html`<p>${words.missingLesson}</p>`
                : this.#lesson(lesson, words)
        }
      </div>
    `;
  }

  #problem(words: LessonWords) {
    const { problem } = this.#lessons;
    return problem === undefined ? nothing : html`<p class="problem" role="alert">${words.failed(problem)}</p>`;
  }

  #list(lessons: readonly Lesson[], words: LessonWords) {
    return html`<p class="lead">${words.lead}</p>
      <ol class="lessons">
        ${lessons.map((lesson) => {
          const done = lesson.steps.filter(({ id }) => this.#lessons.progress.isDone(lesson.slug, id)).length;
          const isDone = done === lesson.steps.length;
          return html`<li>
            <h3>${lesson.title}</h3>
            <p>${lesson.description}</p>
            <div class="row">
              <span class="small">
                ${words.minutes(lesson.minutes)} · ${words.steps(lesson.steps.length)}
                ${isDone ? html`· <span class="good">${icon("check")}${words.done}</span>` : nothing}
              </span>
              <button class=${isDone ? "" : "primary"} @click=${() => void this.#open(lesson.slug)}>
                ${isDone ? words.again : done > 0 ? words.resume : words.begin}
              </button>
            </div>
            ${isDone || done === 0 ? nothing : html`<progress max=${lesson.steps.length} value=${done}></progress>`}
          </li>`;
        })}
      </ol>`;
  }

  #lesson(lesson: Lesson, words: LessonWords) {
    const step = lesson.steps[this.index];
    if (!step) return this.#end(lesson, words);
    const { progress } = this.#lessons;
    const isDone = progress.isDone(lesson.slug, step.id);
    return html`
      <h2 class="title">${lesson.title}</h2>
      <nav class="dots" aria-label=${words.progress}>
        ${lesson.steps.map(
          ({ id, title }, index) =>
            html`<button
              class=${progress.isDone(lesson.slug, id) ? "done" : ""}
              aria-current=${index === this.index ? "step" : "false"}
              title=${title}
              aria-label=${words.goTo(index + 1, title, progress.isDone(lesson.slug, id))}
              @click=${() => this.#go(index)}
            ></button>`,
        )}
      </nav>
      <article
        @lesson-command=${(event: CustomEvent<LessonCommand>) => this.#lessons.type(event.detail)}
        @lesson-save=${(event: CustomEvent<LessonSave>) => void this.#lessons.save(event.detail)}
      >
        ${
          this.index === 0
            ? html`<dd-lesson-step
                .blocks=${lesson.introduction}
                .words=${words}
                .isReady=${this.#isReady}
              ></dd-lesson-step>`
            : nothing
        }
        <p class="small">${words.step(this.index + 1, lesson.steps.length)}</p>
        <h3 tabindex="-1">${step.title}</h3>
        <dd-lesson-step .blocks=${step.blocks} .words=${words} .isReady=${this.#isReady}></dd-lesson-step>
      </article>
      <div class="verdict" role="status">${this.#verdict(words, isDone)}</div>
      <footer>
        <button ?disabled=${this.index === 0} @click=${() => this.#go(this.index - 1)}>${words.back}</button>
        <button ?disabled=${!this.#isReady || this.#lessons.isChecking} @click=${() => void this.#lessons.check()}>
          ${this.#lessons.isChecking ? words.checking : words.check}
        </button>
        <button class=${isDone ? "primary" : ""} @click=${() => this.#go(this.index + 1)}>
          ${this.index === lesson.steps.length - 1 ? words.finish : words.next}
        </button>
      </footer>
    `;
  }

  get #isReady(): boolean {
    return this.host.client !== undefined;
  }

  #verdict(words: LessonWords, isDone: boolean) {
    const { missing, language } = this.#lessons;
    if (isDone) return html`<p class="good">${icon("check")}${words.holds}</p>`;
    if (!this.#isReady) return html`<p class="small">${words.noMachine}</p>`;
    if (missing === undefined) return nothing;
    return html`<p>${words.missing}</p>
      <ul>
        ${missing.map((claim) => html`<li>${describeClaim(claim, language)}</li>`)}
      </ul>`;
  }

  #end(lesson: Lesson, words: LessonWords) {
    const { next } = lesson;
    return html`<h2 class="title">${lesson.title}</h2>
      <p class="good">${icon("check")}${words.finished}</p>
      <footer>
        <button @click=${() => this.#go(lesson.steps.length - 1)}>${words.back}</button>
        <button class=${next === undefined ? "primary" : ""} @click=${() => this.#leave()}>${words.all}</button>
        ${
          next === undefined
            ? nothing
            : html`<button class="primary" @click=${() => void this.#open(next)}>${words.nextLesson}</button>`
        }
      </footer>`;
  }

  async #open(slug: string): Promise<void> {
    this.slug = slug;
    this.index = 0;
    const lesson = await this.#lessons.begin(slug);
    if (!lesson || this.slug !== slug) return;
    const first = lesson.steps.findIndex(({ id }) => !this.#lessons.progress.isDone(slug, id));
    this.#go(Math.max(0, first), { focus: false });
  }

  #leave(): void {
    this.slug = undefined;
    this.#lessons.watch(undefined);
  }

  #go(index: number, { focus = true } = {}): void {
    this.index = index;
    this.#lessons.watch(this.#current());
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector(".body")?.scrollTo({ top: 0 });
      if (focus) this.renderRoot.querySelector<HTMLElement>("article h3")?.focus();
    });
  }

  #current(): { readonly slug: string; readonly step: string } | undefined {
    const lesson = this.#lessons.lessons?.find(({ slug }) => slug === this.slug);
    const step = lesson?.steps[this.index];
    return lesson && step && { slug: lesson.slug, step: step.id };
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-lesson": DrydockLesson;
  }
}
