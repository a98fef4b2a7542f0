import type { StartSpec } from "./guest/guest.ts";

/** What a shell of the guest begins with. */
export const SHELL_ENVIRONMENT = [
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  "HOME=/root",
  "USER=root",
  "LOGNAME=root",
  "SHELL=/bin/bash",
  "TERM=xterm-256color",
  "COLORTERM=truecolor",
  "LANG=C.UTF-8",
];

/** The shell of a terminal, on a pty of its own. */
export function loginShell(size: { readonly rows: number; readonly columns: number }): StartSpec {
  return {
    childOps: [
      { op: "tty" },
      { op: "chdir", path: "/root" },
      { op: "exec", argv: ["-bash"], path: "/bin/bash", env: SHELL_ENVIRONMENT },
    ],
    stdio: { mode: "pty", ...size },
  };
}
