/**
 * Makes the boot snapshot: boots the guest once under Node, touches what a first session touches so that it lies in the page cache, and saves
 * the machine to `public/guest/snapshot/`.
 *
 *   tsx engine/node/make-snapshot.ts [--if-stale] [--verbose]
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fingerprintOf, readRoot, rootIdOf, type ArtifactManifest, type SnapshotManifest } from "../boot.ts";
import { messageOf } from "../base/errors.ts";
import { collect, decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import type { ParkedShell } from "../guest/agent-client.ts";
import type { Guest } from "../guest/guest.ts";
import { bootGuest } from "../guest/v86-guest.ts";
import { LayerTree } from "../snapshots/layer-tree.ts";
import { FileTreeServer } from "../snapshots/nine-p-server.ts";
import { loginShell } from "../login-shell.ts";
import { createFileAssets } from "./file-assets.ts";

const publicDirectory = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "public");
const directory = join(publicDirectory, "guest", "snapshot");
const assets = createFileAssets(publicDirectory);

/** What a visitor does first. It is typed into a shell before the snapshot, so that its pages are in memory afterwards. */
const WARM_UP = "docker --version; ls; exit\n";

async function main(): Promise<void> {
  const manifest = JSON.parse(
    await readFile(join(publicDirectory, "guest", "manifest.json"), "utf8"),
  ) as ArtifactManifest;
  const fingerprint = fingerprintOf(manifest);
  if (process.argv.includes("--if-stale") && (await isFresh(fingerprint))) return;
  console.error("drydock: making the boot snapshot …");
  const started = performance.now();
  const { bytes, index } = await makeSnapshot(manifest);
  const name = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const record: SnapshotManifest = { fingerprint, file: `${name}.bin`, size: bytes.length, index: `${name}.index` };
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, record.file), bytes);
  await writeFile(join(directory, record.index), index);
  await writeFile(join(directory, "snapshot.json.new"), `${JSON.stringify(record)}\n`);
  await rename(join(directory, "snapshot.json.new"), join(directory, "snapshot.json"));
  for (const old of await readdir(directory)) {
    if (old !== "snapshot.json" && !old.startsWith(name)) await rm(join(directory, old));
  }
  console.error(
    `drydock: boot snapshot: ${(bytes.length / 1e6).toFixed(2)} MB in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
}

async function isFresh(fingerprint: string): Promise<boolean> {
  try {
    const record = JSON.parse(await readFile(join(directory, "snapshot.json"), "utf8")) as SnapshotManifest;
    return record.fingerprint === fingerprint && (await stat(join(directory, record.file))).size === record.size;
  } catch {
    return false;
  }
}

async function makeSnapshot(manifest: ArtifactManifest): Promise<{ bytes: Uint8Array; index: Uint8Array }> {
  const read = (name: string) => assets.read(`guest/${name}`);
  const server = new FileTreeServer();
  const { index, content } = await readRoot(assets);
  server.add("rootfs", { id: rootIdOf(manifest), tree: new LayerTree(index, content) });
  await using guest = await bootGuest({
    emulator: await assets.emulator(),
    bzImage: await read("bzImage"),
    initramfs: await read("initramfs.cpio.gz"),
    bios: await read("bios.bin"),
    vgaBios: await read("vgabios.bin"),
    ninePServer: server,
    ...(process.argv.includes("--verbose") && { onConsole: (text: string) => process.stderr.write(text) }),
  });
  await guest.run([{ op: "sync" }]);
  await warmUp(guest);
  const parked = await parkShell(guest);
  const bytes = await guest.saveSnapshot({ fingerprint: fingerprintOf(manifest), parked });
  return { bytes, index: index.bytes };
}

/** A shell at its prompt, for the visitor's first terminal. */
async function parkShell(guest: Guest): Promise<ParkedShell> {
  const process = await guest.start(loginShell({ rows: 24, columns: 80 }));
  const reader = (process.stdout as ReadableStream<Uint8Array>).getReader();
  let screen = "";
  while (!screen.endsWith("# ")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the shell has ended:\n${screen}`);
    screen += decodeUtf8(value);
  }
  reader.releaseLock();
  return { process, screen };
}

async function warmUp(guest: Guest): Promise<void> {
  const shell = await guest.start(loginShell({ rows: 24, columns: 80 }));
  const writer = (shell.stdin as WritableStream<Uint8Array>).getWriter();
  await writer.write(encodeUtf8(WARM_UP));
  await collect(shell.stdout as ReadableStream<Uint8Array>);
  await shell.exited;
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(`drydock: ${messageOf(error)}`);
  process.exit(1);
}
