import type { CommandFiles } from "./cli/command-context.ts";
import type { Guest } from "./guest/guest.ts";

/** Files of the guest as a process with this working directory names them. */
export function guestFiles(guest: Guest, cwd: string): CommandFiles {
  const absolute = (path: string): string => (path.startsWith("/") ? path : `${cwd}/${path}`);
  return {
    read: async (path) => (await guest.readFile(absolute(path))).body,
    write: (path, body) => guest.writeFile(absolute(path), body),
  };
}
