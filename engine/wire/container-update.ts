import { EngineError } from "../base/errors.ts";
import { checkRestartPolicy } from "./host-config-checks.ts";
import { type Fields, parseJson, readFields } from "./json.ts";
import type { HostModel, ResourcesModel, RestartPolicyName } from "./model.ts";
import { resourcesFrom } from "./resources.ts";
import { compareVersions } from "./version.ts";

export interface UpdateBody {
  readonly resources: ResourcesModel;
  readonly hasPidsLimit: boolean;
  readonly restartPolicy?: HostModel["restartPolicy"];
}

/** The body of `POST /containers/{id}/update`: limits beside a restart policy. @throws EngineError */
export function parseUpdateBody(text: string, apiVersion: string): UpdateBody {
  try {
    return updateFrom(readFields(text.trim() === "" ? {} : parseJson(text), "", "container.UpdateConfig"), apiVersion);
  } catch (cause) {
    // Go names the struct here, which has a name of its own.
    if (!(cause instanceof EngineError)) throw cause;
    const message = cause.message.replace("Go struct field .", "Go struct field UpdateConfig.");
    throw new EngineError(cause.kind, message, { cause });
  }
}

function updateFrom(fields: Fields, apiVersion: string): UpdateBody {
  return {
    resources: resourcesFrom(fields),
    hasPidsLimit: fields.has("PidsLimit") && compareVersions(apiVersion, "1.40") >= 0,
    ...restartPolicyFrom(fields.object("RestartPolicy")),
  };
}

function restartPolicyFrom(fields: Fields | undefined): Partial<UpdateBody> {
  const name = fields?.string("Name") ?? "";
  if (fields === undefined || name === "") return {};
  const maximumRetryCount = fields.integer("MaximumRetryCount");
  checkRestartPolicy(name, maximumRetryCount);
  return { restartPolicy: { name: name as RestartPolicyName, maximumRetryCount } };
}
