import type { BootStep } from "../engine/index.ts";
import { editorStrings } from "./strings/editor-strings.ts";
import { failureStrings } from "./strings/failure-strings.ts";
import { previewStrings } from "./strings/preview-strings.ts";
import { sharingStrings } from "./strings/sharing-strings.ts";

/** Every word the page shows, in one place so that it can be translated; the larger parts of it in `strings/`. */
export const strings = {
  name: "Drydock",
  skip: "Skip to the terminal",
  state: {
    booting: "Starting",
    kernel: (release: string) => `Linux ${release}`,
    up: (seconds: string, from: "snapshot" | "cold") =>
      from === "snapshot" ? `restored in ${seconds}` : `booted in ${seconds}`,
    failed: "Stopped",
    ready: "Ready",
  },
  boot: {
    title: "Bringing up a real Linux kernel",
    bytes: (loaded: string, total: string) => `${loaded} of ${total}`,
    steps: {
      storage: "Open this browser's storage",
      emulator: "Load the emulator",
      snapshot: "Fetch the machine",
      kernel: "Fetch the kernel",
      boot: "Boot Linux",
      engine: "Start the container engine",
      shell: "Open a shell",
      ready: "Ready",
    } satisfies Record<BootStep, string>,
    /** The step `boot` of a machine that was saved while it ran. */
    restore: "Wake the machine",
    done: "done",
    current: "under way",
    waiting: "to come",
  },
  tabs: {
    label: "Terminals",
    add: "New terminal",
    addHint: "New terminal (Alt+Shift+T)",
    close: (title: string) => `Close ${title}`,
    untitled: (number: number) => `Shell ${number}`,
    closeQuestion: (title: string) => `“${title}” is still running a shell. Close it?`,
  },
  terminal: {
    label: (title: string) => `Terminal: ${title}`,
    input: "Terminal input. Press F6 to leave the terminal.",
    tooMuchOutput: "Too much output to announce; move through it by hand.",
    exited: (code: number) => (code === 0 ? "This shell has ended." : `This shell has ended with code ${code}.`),
    lost: "The machine behind this terminal has stopped.",
    again: "Open a new shell",
    failed: (message: string) => `No shell could be opened: ${message}`,
    linkHint: (url: string) => `${url}\nOpens in a new tab`,
  },
  views: { label: "Views", terminal: "Terminal", containers: "Containers", images: "Images" },
  workbench: {
    label: "Workbench",
    places: "Workbench places",
    editor: "Editor",
    layers: "Layers",
    lesson: "Lessons",
    open: (label: string) => `Open: ${label}`,
    close: (label: string) => `Close: ${label}`,
    split: "Width of the workbench",
    waiting: "Here as soon as the machine is up.",
    failed: (message: string) => `This part of the page could not be loaded: ${message}`,
  },
  ...editorStrings,
  ...sharingStrings,
  ...previewStrings,
  pane: {
    label: "Containers and images",
    show: "Show containers and images",
    hide: "Hide containers and images",
    waiting: "Listed once the machine is up.",
  },
  containers: {
    title: "Containers",
    empty: "No containers yet. Run one:",
    suggestion: "docker run hello-world",
    start: (name: string) => `Start ${name}`,
    stop: (name: string) => `Stop ${name}`,
    remove: (name: string) => `Remove ${name}`,
    states: {
      created: "created",
      running: "running",
      paused: "paused",
      restarting: "restarting",
      exited: "exited",
      dead: "dead",
    } as Readonly<Record<string, string>>,
  },
  images: {
    title: "Images",
    empty: "No images yet. Get one:",
    suggestion: "docker pull busybox",
    remove: (name: string) => `Remove ${name}`,
    run: (name: string) => `Run ${name}`,
    layers: (name: string) => `Layers of ${name}`,
  },
  actions: {
    type: (command: string) => `Type “${command}” into the terminal`,
    failed: (message: string) => `That did not work: ${message}`,
  },
  header: {
    theme: { system: "Colours: as the system", light: "Colours: light", dark: "Colours: dark" },
    screenReader: { on: "Screen reader support in terminals: on", off: "Screen reader support in terminals: off" },
    help: "Keyboard and help",
  },
  footer: {
    facts:
      "Everything runs in this tab: no server, nothing installed. 32-bit images (linux/386). Processes end with the tab; images and volumes stay.",
    shortFacts: "Runs in this tab, no server. linux/386.",
    stored: (bytes: string) => `${bytes} kept in this browser`,
    kernelLog: "Kernel log",
  },
  notices: {
    notLasting:
      "This browser does not let the page keep anything (a private window?). Everything works, but images are gone when the tab closes.",
    anotherTab:
      "Drydock is open in another tab. This one has a machine of its own: other containers, volumes and files, the same images.",
    storageLow: (used: string, quota: string) =>
      `This browser's storage for the page is nearly full: ${used} of ${quota} used.`,
    freeSpace: "Free space…",
    update: "A new version of the page is ready. Loading it ends what runs here; images and volumes stay.",
    loadUpdate: "Load it now",
    notAnswering: "The machine has not answered for a while. It may be very busy.",
    restart: "Restart the machine",
    dismiss: "Dismiss",
  },
  space: {
    title: "Free space",
    used: (used: string, quota: string) => `The page uses ${used} of the ${quota} this browser grants it.`,
    prune: "Remove stopped containers and unused images",
    pruned: (bytes: string) => `${bytes} freed.`,
    erase: "Erase everything this page has stored",
    eraseHint: "Every image, container and volume in this browser. The machine starts afresh.",
    eraseQuestion: "Erase every image, container and volume this page keeps in this browser?",
  },
  keys: {
    label: "Keys",
    escape: "Escape",
    tab: "Tab",
    interrupt: "Control C",
    end: "Control D",
    up: "Up",
    down: "Down",
    left: "Left",
    right: "Right",
  },
  log: { title: "Kernel log", hint: "What the kernel wrote to its console since boot.", empty: "Nothing yet." },
  help: {
    title: "Keyboard",
    keys: [
      ["Ctrl+Shift+C", "Copy the selection"],
      ["Ctrl+Shift+V, middle click", "Paste"],
      ["Alt+Shift+T", "New terminal"],
      ["Alt+Shift+W", "Close this terminal"],
      ["Alt+Shift+← →", "Previous, next terminal"],
      ["F6", "Leave the terminal, or the editor (Tab belongs to them)"],
      ["Ctrl+Enter", "Build, in the editor"],
      ["Ctrl+M", "In the editor: Tab moves on, instead of indenting"],
      ["Shift+PageUp, PageDown", "Scroll back and forth"],
    ] as readonly (readonly [string, string])[],
    about:
      "The shell, the kernel and the containers are real: an x86 machine emulated in WebAssembly. The docker command talks to an engine " +
      "in this page, so images are fetched by your browser and stay in it.",
    close: "Close",
  },
  ...failureStrings,
} as const;
