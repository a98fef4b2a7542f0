import { html, LitElement, nothing, svg } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { BootProgress, BootStep } from "../../../engine/index.ts";
import { formatBytes } from "../../data/format.ts";
import { strings } from "../../strings.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import { styles } from "./boot.styles.ts";

type Progress = ReadonlyMap<BootStep, BootProgress>;

const ORDER: readonly BootStep[] = ["storage", "emulator", "snapshot", "kernel", "boot", "engine", "shell"];

/** The steps of this boot in order: a snapshot takes the place of the kernel, until the kernel is asked for after all. */
function stepsOf(progress: Progress): readonly BootStep[] {
  const isCold = progress.has("kernel");
  return ORDER.filter((step) => (step === "snapshot" ? !isCold : step !== "kernel" || isCold));
}

/** How much of a boot is done, 0 to 1: finished steps, and the bytes of the current one. */
export function fractionOf(progress: Progress): number {
  if (progress.has("ready")) return 1;
  const steps = stepsOf(progress);
  const current = lastOf(progress, steps);
  if (current < 0) return 0;
  const { loadedBytes, totalBytes } = progress.get(steps[current] as BootStep) ?? {};
  const part = loadedBytes !== undefined && totalBytes ? Math.min(1, loadedBytes / totalBytes) : 0.3;
  return (current + part) / steps.length;
}

function lastOf(progress: Progress, steps: readonly BootStep[]): number {
  return steps.findLastIndex((step) => progress.has(step));
}

/** A boot under way: a dock that runs dry, and the steps with their bytes. */
@customElement("dd-boot")
export class DrydockBoot extends LitElement {
  static override styles = [shared, styles];

  @property({ attribute: false }) progress: Progress = new Map();

  protected override render() {
    const steps = stepsOf(this.progress);
    const current = lastOf(this.progress, steps);
    return html`
      ${this.#dock(fractionOf(this.progress))}
      <div>
        <h2>${strings.boot.title}</h2>
        <ol>
          ${steps.map((step, index) => this.#step(step, index - current))}
        </ol>
      </div>
    `;
  }

  /** `offset` from the current step: before it all is done. */
  #step(step: BootStep, offset: number) {
    const { loadedBytes, totalBytes } = this.progress.get(step) ?? {};
    const state = offset < 0 ? strings.boot.done : offset === 0 ? strings.boot.current : strings.boot.waiting;
    const bytes =
      loadedBytes === undefined || offset !== 0
        ? totalBytes !== undefined && offset < 0
          ? formatBytes(totalBytes)
          : ""
        : totalBytes === undefined
          ? formatBytes(loadedBytes)
          : strings.boot.bytes(formatBytes(loadedBytes), formatBytes(totalBytes));
    return html`<li class=${offset === 0 ? "current" : ""} aria-current=${offset === 0 ? "step" : nothing}>
      ${offset < 0 ? icon("check") : html`<span class="dot"></span>`}
      <span>${this.#name(step)}<span class="unseen">, ${state}</span></span>
      <span class="bytes">${bytes}</span>
    </li>`;
  }

  #name(step: BootStep): string {
    return step === "boot" && !this.progress.has("kernel") ? strings.boot.restore : strings.boot.steps[step];
  }

  #dock(fraction: number) {
    // The hull floats until the water is below its keel, then rests on the blocks.
    const level = fraction * 62;
    const hull = Math.min(level, 34);
    return html`<svg class="dock" viewBox="0 0 136 112" aria-hidden="true">
      <defs>
        <clipPath id="basin"><path d="M12 14v84h112V14z" /></clipPath>
      </defs>
      ${[0, 1, 2, 3, 4, 5].map((mark) => svg`<path d="M124 ${30 + mark * 12}h${mark % 2 ? 4 : 7}" stroke="var(--line)" />`)}
      <g clip-path="url(#basin)">
        <rect
          class="water"
          x="12"
          y="36"
          width="112"
          height="70"
          fill="var(--water)"
          opacity="0.22"
          style="transform: translateY(${level}px)"
        />
        <rect
          class="water"
          x="12"
          y="36"
          width="112"
          height="1.5"
          fill="var(--water)"
          style="transform: translateY(${level}px)"
        />
      </g>
      <g class="hull" style="transform: translateY(${hull}px)">
        <path d="M28 22h80c-2 20-10 33-40 33S30 42 28 22z" fill="var(--hull)" />
        <path d="M27 18.5h82v3.5H27z" fill="var(--ink)" />
        <path
          d="M40 8h14v9H40zM56 8h14v9H56zM72 8h14v9H72zM48 -2h14v9H48zM64 -2h14v9H64z"
          fill="none"
          stroke="var(--ink-soft)"
          stroke-width="1.5"
        />
        <path d="M68 26v4M68 34v4M68 42v4" stroke="var(--on-hull)" stroke-width="1.5" opacity="0.7" />
      </g>
      <path d="M44 90h8v8h-8zM64 90h8v8h-8zM84 90h8v8h-8z" fill="var(--ink-soft)" />
      <path d="M8 10v92h120V10" fill="none" stroke="var(--ink-soft)" stroke-width="3" />
    </svg>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-boot": DrydockBoot;
  }
}
