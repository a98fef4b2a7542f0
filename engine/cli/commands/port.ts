import type { ContainerInspect } from "../../wire/container-inspect.ts";
import type { WirePortMap } from "../../wire/ports.ts";
import { containerPath } from "../client.ts";
import { between, type Command, CommandError, type Invocation } from "../command.ts";
import { compareNaturally, joinHostPort } from "../format/text.ts";
import { print } from "../output.ts";

export const portCommand: Command = {
  name: "port",
  synopsis: "CONTAINER [PRIVATE_PORT[/PROTO]]",
  short: "List port mappings or a specific mapping for the container",
  alsoKnownAs: "docker container port, docker port",
  flags: [],
  takes: between(1, 2),
  run: port,
};

async function port({ client, context, arguments: [name = "", wanted] }: Invocation): Promise<number> {
  const { NetworkSettings } = await client.json<ContainerInspect>({
    method: "GET",
    path: `${containerPath(name)}/json`,
  });
  const ports = (NetworkSettings["Ports"] ?? {}) as WirePortMap;
  const lines = wanted === undefined ? allPorts(ports) : onePort(ports, wanted, name);
  await print(context.stdout, lines.map((line) => `${line}\n`).join(""));
  return 0;
}

function allPorts(ports: WirePortMap): readonly string[] {
  const lines = Object.entries(ports).flatMap(([from, bindings]) =>
    (bindings ?? []).map(({ HostIp, HostPort }) => `${from} -> ${joinHostPort(HostIp, HostPort)}`),
  );
  return lines.toSorted(compareNaturally);
}

function onePort(ports: WirePortMap, wanted: string, name: string): readonly string[] {
  const [number = "", protocol = "tcp"] = wanted.split("/");
  if (!/^\d+$/.test(number) || Number(number) > 65_535)
    throw new CommandError(`Error: invalid port (${number}): ${portProblem(number)}`);
  const bindings = ports[`${number}/${protocol}`] ?? [];
  if (bindings.length === 0) throw new CommandError(`Error: No public port '${wanted}' published for ${name}`);
  return bindings.map(({ HostIp, HostPort }) => joinHostPort(HostIp, HostPort));
}

function portProblem(text: string): string {
  const problem = /^\d+$/.test(text) ? "value out of range" : "invalid syntax";
  return `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${problem}`;
}
