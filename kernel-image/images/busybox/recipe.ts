import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageLines, unpackedPackage } from "../debian-packages.ts";
import { type BuiltImage, DEFAULT_PATH, instruction, type Recipe } from "../recipe.ts";
import { Tree } from "../tree.ts";

export const busybox: Recipe = {
  repository: "library/busybox",
  tags: ["latest", "stable", "1.35", "1.35.0"],
  committed: true,
  sources: ["busybox"],
  annotations: {
    "org.opencontainers.image.title": "busybox",
    "org.opencontainers.image.description": "Busybox base image",
    "org.opencontainers.image.version": "1.35.0",
  },
  async build(): Promise<BuiltImage> {
    const program = join(await unpackedPackage("busybox-static"), "bin/busybox");
    const { stdout } = await promisify(execFile)(program, ["--list"]);
    return {
      config: { Env: [DEFAULT_PATH], Cmd: ["sh"], WorkingDir: "/" },
      steps: [
        {
          createdBy: "BusyBox 1.35.0 (static), Debian 12",
          tar: root(await readFile(program), stdout.trim().split("\n")).toTar(),
        },
        instruction('CMD ["sh"]'),
      ],
      packages: await packageLines("busybox-static"),
      licence: "GPL-2.0-only; the source is Debian's source package named above",
    };
  },
};

/** The directories and files of the official image; every applet is a hard link in /bin, as there. */
function root(program: Uint8Array, applets: readonly string[]): Tree {
  const tree = new Tree();
  for (const path of ["bin", "dev", "etc", "home", "usr", "usr/bin", "usr/sbin", "var", "var/spool", "var/www"]) {
    tree.directory(path);
  }
  tree
    .directory("root", { mode: 0o700 })
    .directory("tmp", { mode: 0o1777 })
    .directory("var/spool/mail", { uid: 8, gid: 8 })
    .file("bin/busybox", program, { mode: 0o755 })
    .symlink("usr/bin/env", "../../bin/env")
    .file("etc/passwd", lines(PASSWD))
    .file("etc/group", lines(GROUP))
    .file("etc/shadow", lines(PASSWD.map((line) => `${line.split(":")[0]}:*:20454:0:99999:7:::`)), { mode: 0o640 })
    .file("etc/nsswitch.conf", lines(NSSWITCH));
  for (const applet of applets) {
    if (applet !== "busybox") tree.link(`bin/${applet}`, "bin/busybox", { mode: 0o755 });
  }
  return tree;
}

const lines = (text: readonly string[]): string => text.map((line) => `${line}\n`).join("");

const PASSWD = [
  "root:x:0:0:root:/root:/bin/sh",
  "daemon:x:1:1:daemon:/usr/sbin:/bin/false",
  "bin:x:2:2:bin:/bin:/bin/false",
  "sys:x:3:3:sys:/dev:/bin/false",
  "sync:x:4:100:sync:/bin:/bin/sync",
  "mail:x:8:8:mail:/var/spool/mail:/bin/false",
  "www-data:x:33:33:www-data:/var/www:/bin/false",
  "operator:x:37:37:Operator:/var:/bin/false",
  "nobody:x:65534:65534:nobody:/home:/bin/false",
];

const GROUP = [
  "root:x:0:",
  "daemon:x:1:",
  "bin:x:2:",
  "sys:x:3:",
  "adm:x:4:",
  "tty:x:5:",
  "disk:x:6:",
  "mail:x:8:",
  "kmem:x:9:",
  "wheel:x:10:root",
  "dialout:x:18:",
  "cdrom:x:24:",
  "www-data:x:33:",
  "operator:x:37:",
  "users:x:100:",
  "nogroup:x:65534:",
];

const NSSWITCH = ["passwd: files", "group: files", "shadow: files", "hosts: files dns"];
