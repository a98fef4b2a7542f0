/** Who may import whom. A row may import only what it lists, and itself. The linter reads this table. */
export const LAYERS = {
  base: [],
  oci: ["base"],
  wire: ["base"],
  volumes: ["base"],
  guest: ["base"],
  network: ["base", "guest"],
  content: ["base", "oci"],
  runtime: ["base", "oci", "guest"],
  snapshots: ["base", "oci", "content", "guest"],
  images: ["base", "oci", "content", "snapshots"],
  containers: ["base", "oci", "images", "snapshots", "network", "volumes", "runtime", "content"],
  api: ["base", "oci", "wire", "images", "containers", "network", "snapshots", "volumes", "runtime", "content"],
  cli: ["base", "wire"],
} as const satisfies Record<string, readonly string[]>;

/** Files that every layer may import: types only, no behaviour. */
export const OPEN_FILES: readonly string[] = ["engine/api/app.ts"];

/** The only folders or files that may import these packages. */
export const OWNED_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  v86: ["engine/guest/v86-guest.ts", "engine/guest/v86.d.ts", "web/data/", "web/engine-worker.ts", "engine/node/"],
  "idb-keyval": ["engine/content/"],
  "@wasmer/wasi": ["engine/runtime/"],
  "hash-wasm": ["engine/oci/"],
  fzstd: ["engine/content/", "engine/images/", "engine/guest/"],
  lit: ["web/"],
  "monaco-editor": ["web/"],
  "@xterm/xterm": ["web/"],
};
