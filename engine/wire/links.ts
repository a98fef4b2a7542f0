import type { ContainerModel } from "./model.ts";

/** `HostConfig.Links` of `inspect`: `["/db:/web/mysql"]`, null without any. */
export function linksOf({ name, host }: ContainerModel): readonly string[] | null {
  const links = host.links ?? [];
  return links.length === 0
    ? null
    : links.map((link) => {
        const [target = "", alias = target] = link.split(":");
        return `/${target}:/${name}/${alias}`;
      });
}

/** Names that others have given a container by linking to it: `/web/mysql`. */
export function namesByLink(container: ContainerModel, all: readonly ContainerModel[]): readonly string[] {
  return all.flatMap(({ name, host }) =>
    (host.links ?? []).flatMap((link) => {
      const [target, alias] = link.split(":");
      return target === container.name ? [`/${name}/${alias ?? target}`] : [];
    }),
  );
}
