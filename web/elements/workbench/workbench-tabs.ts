import { strings } from "../../strings.ts";
import type { IconName } from "../../styles/icons.ts";

/** A place of the workbench. */
export interface WorkbenchTab {
  /** In addresses, layouts and preferences; stays as it is. */
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  /** The element that fills it, a `WorkbenchPanel`. */
  readonly tag: string;
  /** Defines the element. Called when the tab is first shown: what is heavy is not loaded before. */
  readonly load: () => Promise<unknown>;
  /** It has nothing to show before the machine is up, and its code should not compete with the boot. */
  readonly needsMachine: boolean;
  /** Where there is one view at a time: false when it is reached from other views only. */
  readonly isInBar: boolean;
}

/** All places, in their order. */
export const WORKBENCH_TABS: readonly WorkbenchTab[] = [
  {
    id: "editor",
    label: strings.workbench.editor,
    icon: "edit",
    tag: "dd-editor",
    load: () => import("../editor/editor.ts"),
    needsMachine: true,
    isInBar: true,
  },
  {
    id: "preview",
    label: strings.preview.title,
    icon: "globe",
    tag: "dd-preview",
    load: () => import("../preview/preview.ts"),
    needsMachine: true,
    isInBar: true,
  },
  {
    id: "lesson",
    label: strings.workbench.lesson,
    icon: "book",
    tag: "dd-lesson",
    load: () => import("../lesson/lesson.ts"),
    needsMachine: false,
    isInBar: true,
  },
  {
    id: "layers",
    label: strings.workbench.layers,
    icon: "layers",
    tag: "dd-layers",
    load: () => import("../layers/layers.ts"),
    needsMachine: true,
    isInBar: false,
  },
];
