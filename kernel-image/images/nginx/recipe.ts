/**
 * nginx on the Debian image, with the layout of the official image that tutorials rely on: pages in /usr/share/nginx/html, servers in
 * /etc/nginx/conf.d, a user `nginx` with id 101, logs on standard output, and an entry point that runs /docker-entrypoint.d.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { debianSteps, debianTree } from "../debian/recipe.ts";
import { installedPackages } from "../debian-packages.ts";
import { type BuiltImage, DEFAULT_PATH, IMAGES_DIRECTORY, instruction, type Recipe } from "../recipe.ts";
import { Tree } from "../tree.ts";

const PACKAGES = ["nginx", "gettext-base"];
const ID = 101;

export const nginx: Recipe = {
  repository: "library/nginx",
  tags: ["latest", "1.22", "1.22.1", "stable"],
  committed: false,
  sources: ["nginx", "debian"],
  annotations: {
    "org.opencontainers.image.title": "nginx",
    "org.opencontainers.image.description": "The nginx web server, as packaged by Debian",
    "org.opencontainers.image.version": "1.22.1",
  },
  async build(): Promise<BuiltImage> {
    const base = await debianTree();
    const installed = withNginx(await debianTree(PACKAGES));
    const packages = installedPackages(installed.read("var/lib/dpkg/status"));
    const version = packages.find((line) => line.startsWith("binary nginx "))?.split(" ")[2] ?? "";
    const upstream = /^[\d.]+/.exec(version)?.[0] ?? "";
    const ownFile = (name: string): Promise<Uint8Array> => readFile(join(IMAGES_DIRECTORY, "nginx", name));
    const entryPoint = new Tree().file("docker-entrypoint.sh", await ownFile("docker-entrypoint.sh"), { mode: 0o755 });
    const scripts = new Tree()
      .directory("docker-entrypoint.d")
      .file("docker-entrypoint.d/20-envsubst-on-templates.sh", await ownFile("20-envsubst-on-templates.sh"), {
        mode: 0o755,
      });
    const pages = new Tree();
    for (const path of [
      "etc",
      "etc/nginx",
      "etc/nginx/conf.d",
      "usr",
      "usr/share",
      "usr/share/nginx",
      "usr/share/nginx/html",
    ])
      pages.directory(path);
    pages
      .file("etc/nginx/nginx.conf", await ownFile("nginx.conf"))
      .file("etc/nginx/conf.d/default.conf", await ownFile("default.conf"))
      .file("usr/share/nginx/html/50x.html", await ownFile("50x.html"));
    return {
      config: {
        ExposedPorts: { "80/tcp": {} },
        Env: [DEFAULT_PATH, `NGINX_VERSION=${upstream}`, `PKG_RELEASE=${version.slice(upstream.length + 1)}`],
        Entrypoint: ["/docker-entrypoint.sh"],
        Cmd: ["nginx", "-g", "daemon off;"],
        WorkingDir: "/",
        StopSignal: "SIGQUIT",
      },
      steps: [
        ...debianSteps(base),
        instruction(`ENV NGINX_VERSION=${upstream}`),
        instruction(`ENV PKG_RELEASE=${version.slice(upstream.length + 1)}`),
        instruction(
          `RUN /bin/sh -c apt-get install --no-install-recommends -y nginx=${version} gettext-base # buildkit`,
          installed.over(base).toTar(),
        ),
        instruction("COPY docker-entrypoint.sh / # buildkit", entryPoint.toTar()),
        instruction("COPY 20-envsubst-on-templates.sh /docker-entrypoint.d # buildkit", scripts.toTar()),
        instruction("COPY nginx.conf default.conf 50x.html / # buildkit", pages.toTar()),
        instruction('ENTRYPOINT ["/docker-entrypoint.sh"]'),
        instruction("EXPOSE map[80/tcp:{}]"),
        instruction("STOPSIGNAL SIGQUIT"),
        instruction('CMD ["nginx" "-g" "daemon off;"]'),
      ],
      packages,
      licence: "various; see /usr/share/doc/*/copyright in the image",
    };
  },
};

/** Debian's package, moved to where the official image has things. */
function withNginx(root: Tree): Tree {
  const isDebians = (path: string): boolean =>
    /^etc\/nginx\/(sites-|snippets|nginx\.conf$)/.test(path) ||
    /^(etc\/(rc\d\.d|systemd)\/.*|etc\/(init\.d|ufw\/applications\.d)\/|usr\/lib\/systemd\/system\/)(\S*)nginx/.test(
      path,
    ) ||
    path.startsWith("var/www") ||
    path.startsWith("var/log/nginx/");
  root
    .without(isDebians)
    .symlink("var/log/nginx/access.log", "/dev/stdout")
    .symlink("var/log/nginx/error.log", "/dev/stderr");
  const append = (path: string, line: string, attributes: Parameters<Tree["file"]>[2]): void => {
    root.file(path, `${root.read(path)}${line}\n`, attributes);
  };
  // 20454 days are 2026-01-01: shadow(5).
  append("etc/passwd", `nginx:x:${ID}:${ID}:nginx user:/nonexistent:/bin/false`, {});
  append("etc/group", `nginx:x:${ID}:`, {});
  append("etc/shadow", "nginx:!:20454::::::", { mode: 0o640, gid: 42 });
  append("etc/gshadow", "nginx:!::", { mode: 0o640, gid: 42 });
  return root;
}
