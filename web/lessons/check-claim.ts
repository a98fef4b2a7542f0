import type { DockerFetch } from "../data/engine-client.ts";
import type { Claim, ContainerSubject } from "./claim.ts";

/** Who is asked: the engine, never the screen. */
export interface ClaimPorts {
  readonly fetch: DockerFetch;
  /** `GET /` at a published port. Rejects when nothing answers. */
  request(port: number): Promise<{ readonly status: number; readonly text: string }>;
}

type Checks = {
  readonly [About in Claim["about"]]: (claim: Extract<Claim, { about: About }>, ports: ClaimPorts) => Promise<boolean>;
};

const CHECKS: Checks = {
  "no-containers": async (_, ports) =>
    ((await get(ports, "/containers/json?all=1")) as readonly unknown[]).length === 0,
  image: async ({ image, is }, ports) => ((await imageOf(ports, image)) !== undefined) === (is === "there"),
  layers: async ({ image, count: wanted, atLeast }, ports) => {
    const count = (await imageOf(ports, image))?.RootFS?.Layers?.length ?? 0;
    return atLeast ? count >= wanted : count === wanted;
  },
  command: async ({ image, text }, ports) => {
    const { Entrypoint, Cmd } = (await imageOf(ports, image))?.Config ?? {};
    return [...(Entrypoint ?? []), ...(Cmd ?? [])].join(" ").includes(text);
  },
  label: async ({ image, key, value }, ports) => (await imageOf(ports, image))?.Config?.Labels?.[key] === value,
  container: async ({ subject, is }, ports) => {
    const states = (await containersOf(ports, subject)).map(({ State }) => State?.Status);
    if (is === "gone") return states.length === 0;
    return is === "there" ? states.length > 0 : states.includes(is);
  },
  exit: async ({ subject, code }, ports) =>
    (await containersOf(ports, subject)).some(({ State }) => State?.Status === "exited" && State.ExitCode === code),
  "container-file": async ({ name, path, is }, ports) => {
    if ((await containersOf(ports, { name })).length === 0) return false;
    const place = `/containers/${encodeURIComponent(name)}/archive?path=${encodeURIComponent(path)}`;
    const { status } = await ports.fetch(place, { method: "HEAD" });
    return (status === 200) === (is === "there");
  },
  logs: async ({ name, text }, ports) => {
    const response = await ports.fetch(`/containers/${encodeURIComponent(name)}/logs?stdout=1&stderr=1`);
    return response.ok && (await response.text()).includes(text);
  },
  port: async ({ name, port }, ports) =>
    (await containersOf(ports, { name })).some(({ NetworkSettings }) =>
      Object.values(NetworkSettings?.Ports ?? {}).some((places) =>
        places?.some(({ HostPort }) => HostPort === String(port)),
      ),
    ),
  file: async ({ path, text }, ports) => {
    const response = await ports.fetch(`/drydock/workspace/file?path=${encodeURIComponent(path)}`);
    return response.ok && (text === undefined || (await response.text()).includes(text));
  },
  answer: async ({ port, text }, ports) => {
    const answer = await ports.request(port).catch(() => undefined);
    return answer?.status === 200 && answer.text.includes(text);
  },
};

/** Whether a claim holds. @throws what the engine could not be asked for */
export async function holds(claim: Claim, ports: ClaimPorts): Promise<boolean> {
  const check = CHECKS[claim.about] as (each: Claim, through: ClaimPorts) => Promise<boolean>;
  return await check(claim, ports);
}

interface ImageInspect {
  readonly Config?: {
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly Labels?: Readonly<Record<string, string>> | null;
  };
  readonly RootFS?: { readonly Layers?: readonly string[] };
}

interface ContainerInspect {
  readonly State?: { readonly Status?: string; readonly ExitCode?: number };
  readonly NetworkSettings?: {
    readonly Ports?: Readonly<Record<string, readonly { readonly HostPort?: string }[] | null>>;
  };
}

async function imageOf(ports: ClaimPorts, name: string): Promise<ImageInspect | undefined> {
  return (await get(ports, `/images/${name}/json`)) as ImageInspect | undefined;
}

async function containersOf(ports: ClaimPorts, subject: ContainerSubject): Promise<readonly ContainerInspect[]> {
  if ("name" in subject) {
    const found = await get(ports, `/containers/${encodeURIComponent(subject.name)}/json`);
    return found === undefined ? [] : [found as ContainerInspect];
  }
  const filters = encodeURIComponent(JSON.stringify({ ancestor: [subject.image] }));
  const rows = (await get(ports, `/containers/json?all=1&filters=${filters}`)) as readonly { readonly Id: string }[];
  const found = await Promise.all(rows.map(({ Id }) => get(ports, `/containers/${Id}/json`)));
  return found.filter((each) => each !== undefined) as readonly ContainerInspect[];
}

/** Undefined for what is not there. */
async function get({ fetch }: ClaimPorts, path: string): Promise<unknown> {
  const response = await fetch(path);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return await response.json();
}
