import type { Failure } from "../worker-api.ts";

/** What an error screen says: a title, what it means, and what to do. */
export interface FailureText {
  readonly title: string;
  readonly meaning: string;
  readonly remedy: string;
}

/** What error screens say. */
export const failureStrings = {
  failures: {
    "no-webassembly": {
      title: "This browser has no WebAssembly",
      meaning:
        "The machine is emulated in WebAssembly, and this browser lacks it or has it switched off (some hardened modes do).",
      remedy: "Allow WebAssembly for this page, or open it in a current Chrome, Edge, Firefox or Safari.",
    },
    "artifact-missing": {
      title: "A file of the machine is missing",
      meaning: "The page needs this file and the server does not have it.",
      remedy:
        "If this is your copy: run `npm start`, which makes missing files. Files of the guest itself come from `npm run kernel-image`.",
    },
    "artifact-unreachable": {
      title: "A file could not be downloaded",
      meaning: "The network or the server failed on the way.",
      remedy: "Check the connection and try again. What has arrived already is kept.",
    },
    "storage-full": {
      title: "This browser's storage is full",
      meaning: "The machine keeps images in this browser, and the browser grants no more space.",
      remedy: "Free space on the device, or erase what this page has stored.",
    },
    "storage-broken": {
      title: "This browser's storage does not work",
      meaning: "The page could not open its database.",
      remedy: "Reload the page. If that does not help, erase what this page has stored.",
    },
    "boot-failed": {
      title: "The machine did not come up",
      meaning: "The kernel or the engine stopped before there was a shell.",
      remedy: "Restart it; images are kept. If it happens again, boot without the snapshot.",
    },
    "guest-died": {
      title: "The machine has stopped",
      meaning: "The kernel or the emulator crashed. Processes and containers that ran are gone; images are kept.",
      remedy: "Restart it and go on.",
    },
    "worker-lost": {
      title: "The machine has been lost",
      meaning:
        "The part of the page that runs the machine has crashed, most likely for want of memory. Images are kept.",
      remedy: "Close other tabs if memory is short, and restart.",
    },
  } satisfies Record<Failure["kind"], FailureText>,
  failureActions: {
    restart: "Restart the machine",
    retry: "Try again",
    reload: "Reload the page",
    coldBoot: "Boot without the snapshot",
    freeSpace: "Free space…",
    details: "The kernel's last lines",
    message: "Reason",
    file: "File",
  },
} as const;
