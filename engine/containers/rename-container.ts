import { EngineError } from "../base/errors.ts";
import { claimName } from "./create-container.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";

/** @throws EngineError conflict | invalid-argument, in Docker's words */
export function renameContainer(context: EngineContext, container: LiveContainer, name: string): void {
  const oldName = container.record.name;
  const plain = name.replace(/^\//, "");
  if (name === "") throw new EngineError("invalid-argument", "Neither old nor new names may be empty");
  if (plain === oldName)
    throw new EngineError("invalid-argument", "Renaming a container with the same name as its current name");
  context.store.rename(container, claimNewName(context, plain, container.id));
  renameEndpoints(container, oldName, plain);
  renameInLinks(context, oldName, plain);
  context.store.save(container);
  publish(context, container, "rename", { oldName: `/${oldName}` });
}

/** What the name server answers follows of itself; this is what `inspect` shows. */
function renameEndpoints({ record }: LiveContainer, oldName: string, name: string): void {
  record.endpoints = Object.fromEntries(
    Object.entries(record.endpoints).map(([network, { dnsNames, ...endpoint }]) => [
      network,
      { ...endpoint, ...(dnsNames && { dnsNames: dnsNames.map((known) => (known === oldName ? name : known)) }) },
    ]),
  );
}

/** A link goes on leading to the container, whatever it is called. */
function renameInLinks({ store }: EngineContext, oldName: string, name: string): void {
  for (const other of store.list()) {
    const { links } = other.record.host;
    if (!links?.some((link) => link.startsWith(`${oldName}:`))) continue;
    const renamed = links.map((link) => (link.startsWith(`${oldName}:`) ? name + link.slice(oldName.length) : link));
    other.record.host = { ...other.record.host, links: renamed };
    store.save(other);
  }
}

function claimNewName(context: EngineContext, name: string, id: string): string {
  try {
    return claimName(context, `/${name}`, id);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.kind, `Error when allocating new name: ${error.message}`, { cause: error });
  }
}
