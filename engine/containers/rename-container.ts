import { EngineError } from "../base/errors.ts";
import { claimName } from "./create-container.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";

/** @throws EngineError conflict | invalid-argument, in Docker's words */
export function renameContainer(context: EngineContext, container: LiveContainer, name: string): void {
  const oldName = container.record.name;
  const plain = name.replace(/^\//, "");
  if (plain === "") throw new EngineError("invalid-argument", "Neither old nor new names may be empty");
  if (plain === oldName)
    throw new EngineError("invalid-argument", "Renaming a container with the same name as its current name");
  context.store.rename(container, claimNewName(context, plain, container.id));
  publish(context, container, "rename", { oldName: `/${oldName}` });
}

function claimNewName(context: EngineContext, name: string, id: string): string {
  try {
    return claimName(context, `/${name}`, id);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.kind, `Error when allocating new name: ${error.message}`, { cause: error });
  }
}
