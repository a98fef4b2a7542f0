import { WORKBENCH_TABS, type WorkbenchTab } from "../workbench/workbench-tabs.ts";

/** Which parts of the page are shown. */
export interface Layout {
  readonly tabs: readonly WorkbenchTab[];
  readonly hasTerminal: boolean;
  /** Containers and images. */
  readonly hasLists: boolean;
  /** Said by whoever shows the page: its workbench is open from the start, and is not closed. */
  readonly isFixed: boolean;
}

/**
 * Reads a layout: ids of the workbench's tabs, `terminal` and `lists`, joined by `+`, such as `editor+terminal` or `preview`. The first tab is in
 * front. "", or nothing that is known: the page as a person left it.
 */
export function parseLayout(text: string): Layout {
  const words = text.split("+").map((word) => word.trim());
  const tabs = words.flatMap((word) => WORKBENCH_TABS.find((tab) => tab.id === word) ?? []);
  const hasTerminal = words.includes("terminal");
  const hasLists = words.includes("lists");
  if (tabs.length === 0 && !hasTerminal && !hasLists) {
    return { tabs: WORKBENCH_TABS, hasTerminal: true, hasLists: true, isFixed: false };
  }
  return { tabs, hasTerminal: hasTerminal || (tabs.length === 0 && !hasLists), hasLists, isFixed: true };
}
