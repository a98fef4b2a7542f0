import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./run.mjs";

const runFile = promisify(execFile);

/**
 * The files of one of Debian's packages, unpacked and not installed: programs that tests talk to. Kept in `.cache/debian/`.
 * @param {string} name
 * @returns {Promise<string>} the directory that stands for `/`
 * @throws where there is no apt, or the package cannot be had
 */
export async function debianPackage(name) {
  const packages = join(root, ".cache", "debian");
  const directory = join(packages, name);
  if (existsSync(directory)) return directory;
  await mkdir(packages, { recursive: true });
  const work = await mkdtemp(join(packages, `.${name}-`));
  try {
    await download(name, work);
    const file = (await readdir(work)).find((entry) => entry.endsWith(".deb"));
    if (file === undefined) throw new Error(`apt-get download ${name} brought nothing`);
    await runFile("dpkg-deb", ["-x", join(work, file), join(work, "files")]);
    await rename(join(work, "files"), directory).catch((error) => {
      // Another test was faster.
      if (!existsSync(directory)) throw error;
    });
    return directory;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A machine that never asked its archive for a list does so now. @param {string} name @param {string} cwd */
async function download(name, cwd) {
  // `apt-get` gives up its rights for a user that may not write here.
  const args = ["-o", "APT::Sandbox::User=root", "download", "-q", name];
  await runFile("apt-get", args, { cwd }).catch(async () => {
    await runFile("apt-get", ["update", "-qq"]);
    await runFile("apt-get", args, { cwd });
  });
}
