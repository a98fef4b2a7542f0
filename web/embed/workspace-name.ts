import type { Playground } from "./playground-document.ts";

/**
 * The name of a document's workspace, made of its files: whoever opens the same files again finds what they made of them, another
 * document never does.
 */
export async function workspaceName({ files }: Pick<Playground, "files">): Promise<string> {
  const parts = files.flatMap(({ path, bytes, isExecutable }) => [
    JSON.stringify([path, isExecutable, bytes.length]),
    bytes,
  ]);
  const content = await new Blob(parts).arrayBuffer();
  // Absent on plain HTTP away from this machine: then every document has a new one, for this visit.
  if (!globalThis.crypto?.subtle) return `visit-${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return `doc-${[...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
