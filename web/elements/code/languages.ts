const BY_EXTENSION: Readonly<Record<string, string>> = {
  css: "css",
  dockerfile: "dockerfile",
  containerfile: "dockerfile",
  go: "go",
  htm: "html",
  html: "html",
  svg: "html",
  cfg: "ini",
  conf: "ini",
  env: "ini",
  ini: "ini",
  toml: "ini",
  cjs: "javascript",
  js: "javascript",
  jsx: "javascript",
  mjs: "javascript",
  cts: "typescript",
  mts: "typescript",
  ts: "typescript",
  tsx: "typescript",
  json: "json",
  md: "markdown",
  py: "python",
  rb: "ruby",
  bash: "shell",
  sh: "shell",
  yaml: "yaml",
  yml: "yaml",
};

/** The language of a file, by its name as the tools that read it have it. */
export function languageOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (isDockerfile(path)) return "dockerfile";
  if (/^(?:docker-)?compose(?:\..+)?\.ya?ml$/.test(name)) return "compose";
  if (/^(?:\.(?:bash|profile|ash).*|entrypoint)$/.test(name)) return "shell";
  if (/^(?:rakefile|gemfile)$/.test(name)) return "ruby";
  return BY_EXTENSION[name.slice(name.lastIndexOf(".") + 1)] ?? "plaintext";
}

/** `Dockerfile`, `Dockerfile.dev`, `web.Dockerfile`, `Containerfile`; not `Dockerfile.dockerignore`. */
export function isDockerfile(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (/\.dockerignore$/i.test(name)) return false;
  return /^(?:dockerfile|containerfile)(?:[._-].*)?$/i.test(name) || /\.(?:dockerfile|containerfile)$/i.test(name);
}
