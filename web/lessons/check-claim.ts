import type { DockerFetch } from "../data/engine-client.ts";
import type { Claim, ContainerSubject } from "./claim.ts";

/** Who is asked: the engine, never the screen. */
export interface ClaimPorts {
  readonly fetch: DockerFetch;
  /** `GET /` at a published port. Rejects when nothing answers. */
  request(port: number): Promise<{ readonly status: number; readonly text: string }>;
}

/** Whether a claim holds. @throws what the engine could not be asked for */
export async function holds(claim: Claim, ports: ClaimPorts): Promise<boolean> {
  switch (claim.about) {
    case "no-containers":
      return ((await get(ports, "/containers/json?all=1")) as readonly unknown[]).length === 0;
    case "image":
      return ((await imageOf(ports, claim.image)) !== undefined) === (claim.is === "there");
    case "layers": {
      const count = (await imageOf(ports, claim.image))?.RootFS?.Layers?.length ?? 0;
      return claim.atLeast ? count >= claim.count : count === claim.count;
    }
    case "command": {
      const { Entrypoint, Cmd } = (await imageOf(ports, claim.image))?.Config ?? {};
      return [...(Entrypoint ?? []), ...(Cmd ?? [])].join(" ").includes(claim.text);
    }
    case "label":
      return (await imageOf(ports, claim.image))?.Config?.Labels?.[claim.key] === claim.value;
    case "container": {
      const states = (await containersOf(ports, claim.subject)).map(({ State }) => State?.Status);
      if (claim.is === "gone") return states.length === 0;
      return claim.is === "there" ? states.length > 0 : states.includes(claim.is);
    }
    case "exit":
      return (await containersOf(ports, claim.subject)).some(
        ({ State }) => State?.Status === "exited" && State.ExitCode === claim.code,
      );
    case "container-file": {
      if ((await containersOf(ports, { name: claim.name })).length === 0) return false;
      const path = `/containers/${encodeURIComponent(claim.name)}/archive?path=${encodeURIComponent(claim.path)}`;
      const { status } = await ports.fetch(path, { method: "HEAD" });
      return (status === 200) === (claim.is === "there");
    }
    case "logs": {
      const response = await ports.fetch(`/containers/${encodeURIComponent(claim.name)}/logs?stdout=1&stderr=1`);
      return response.ok && (await response.text()).includes(claim.text);
    }
    case "port":
      return (await containersOf(ports, { name: claim.name })).some(({ NetworkSettings }) =>
        Object.values(NetworkSettings?.Ports ?? {}).some((places) =>
          places?.some(({ HostPort }) => HostPort === String(claim.port)),
        ),
      );
    case "file":
      return await fileHolds(ports, claim);
    case "answer": {
      const answer = await ports.request(claim.port).catch(() => undefined);
      return answer?.status === 200 && answer.text.includes(claim.text);
    }
  }
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

async function fileHolds(ports: ClaimPorts, claim: Extract<Claim, { about: "file" }>): Promise<boolean> {
  const response = await ports.fetch(`/drydock/workspace/file?path=${encodeURIComponent(claim.path)}`);
  if (!response.ok) return false;
  return claim.text === undefined || (await response.text()).includes(claim.text);
}

/** Undefined for what is not there. */
async function get({ fetch }: ClaimPorts, path: string): Promise<unknown> {
  const response = await fetch(path);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return await response.json();
}
