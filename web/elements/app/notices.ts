import { html, type TemplateResult } from "lit";
import { formatBytes } from "../../data/format.ts";
import type { NewPort } from "../../controllers/ports-controller.ts";
import { strings } from "../../strings.ts";
import "../notice/notice.ts";

export type NoticeKind = "not-lasting" | "another-tab" | "storage-low" | "update" | "not-answering" | "published";

export interface NoticesOptions {
  readonly isAnswering: boolean;
  readonly isStorageLasting: boolean;
  /** Another tab has the machine that a first tab gets, with the person's files. */
  readonly isSecondMachine: boolean;
  readonly storage: {
    readonly isLow: boolean;
    readonly usedBytes: number | undefined;
    readonly quotaBytes: number | undefined;
  };
  readonly isUpdateReady: boolean;
  /** A port that the preview could show. */
  readonly newPort: NewPort | undefined;
  /** Not to be shown again. */
  readonly dismissed: ReadonlySet<NoticeKind>;
  readonly act: (kind: NoticeKind) => void;
  readonly dismiss: (kind: NoticeKind) => void;
}

/** Machines are numbered: a tab takes the lowest number that no other tab holds (docs/decisions/0006-machines.md). */
export function isSecond(ready: { readonly machine: string } | undefined): boolean {
  return ready !== undefined && Number.parseInt(ready.machine, 10) > 1;
}

interface Notice {
  readonly kind: NoticeKind;
  readonly text: string;
  readonly action: string;
}

/** What the page has to say above the terminals, the most urgent first. */
export function notices(options: NoticesOptions): TemplateResult[] {
  return due(options)
    .filter(({ kind }) => !options.dismissed.has(kind))
    .map(
      ({ kind, text, action }) =>
        html`<dd-notice
          .text=${text}
          .action=${action}
          @notice-action=${() => options.act(kind)}
          @notice-dismiss=${() => options.dismiss(kind)}
        ></dd-notice>`,
    );
}

function due({
  isAnswering,
  isStorageLasting,
  isSecondMachine,
  isUpdateReady,
  newPort,
  storage,
}: NoticesOptions): readonly Notice[] {
  const words = strings.notices;
  const low = words.storageLow(formatBytes(storage.usedBytes ?? 0), formatBytes(storage.quotaBytes ?? 0));
  const all: readonly (readonly [isDue: boolean, notice: Notice])[] = [
    [!isAnswering, { kind: "not-answering", text: words.notAnswering, action: words.restart }],
    [!isStorageLasting, { kind: "not-lasting", text: words.notLasting, action: "" }],
    [isSecondMachine, { kind: "another-tab", text: words.anotherTab, action: "" }],
    [storage.isLow, { kind: "storage-low", text: low, action: words.freeSpace }],
    [
      newPort !== undefined,
      {
        kind: "published",
        text: strings.preview.published(newPort?.port ?? 0, newPort?.container ?? ""),
        action: strings.preview.openPreview,
      },
    ],
    [isUpdateReady, { kind: "update", text: words.update, action: words.loadUpdate }],
  ];
  return all.filter(([isDue]) => isDue).map(([, notice]) => notice);
}
