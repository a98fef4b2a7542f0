/** A mount as the kernel lists it. https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
export interface MountInfo {
  /** `major:minor` of the file system. */
  readonly device: string;
  /** What of the file system is mounted. */
  readonly root: string;
  readonly mountpoint: string;
  readonly options: readonly string[];
  readonly isShared: boolean;
  readonly isSlave: boolean;
}

/** The text of `/proc/<pid>/mountinfo`, in its order: of two at one place the later one is seen. */
export function parseMountInfo(text: string): readonly MountInfo[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, , device = "", root = "", mountpoint = "", options = "", ...rest] = line.split(" ");
      const tags = rest.slice(0, rest.indexOf("-"));
      return {
        device,
        root: unescapePath(root),
        mountpoint: unescapePath(mountpoint),
        options: options.split(","),
        isShared: tags.some((tag) => tag.startsWith("shared:")),
        isSlave: tags.some((tag) => tag.startsWith("master:")),
      };
    });
}

/** The mount that a path is in. */
export function mountOf(mounts: readonly MountInfo[], path: string): MountInfo | undefined {
  const above = mounts.filter(({ mountpoint }) => isWithin(path, mountpoint));
  const longest = Math.max(...above.map(({ mountpoint }) => mountpoint.length));
  return above.findLast(({ mountpoint }) => mountpoint.length === longest);
}

/** True for the directory itself too. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);
}

/** Blanks and backslashes are octal. */
function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
