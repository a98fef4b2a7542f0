/** Who may import whom. A row may import only what it lists, and itself. The linter reads this table. */
export const LAYERS = {
  base: [],
  oci: ["base"],
  wire: ["base"],
  guest: ["base"],
  network: ["base", "guest"],
  content: ["base", "oci"],
  archive: ["base", "oci", "guest"],
  runtime: ["base", "oci", "guest"],
  volumes: ["base", "oci", "content", "guest", "runtime"],
  snapshots: ["base", "oci", "content", "guest"],
  images: ["base", "oci", "content", "snapshots", "archive"],
  containers: ["base", "oci", "images", "snapshots", "network", "volumes", "runtime", "content", "archive"],
  api: [
    "base",
    "oci",
    "wire",
    "images",
    "containers",
    "network",
    "snapshots",
    "volumes",
    "runtime",
    "content",
    "archive",
  ],
  cli: ["base", "wire"],
  http: ["base"],
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
