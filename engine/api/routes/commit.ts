import { EngineError } from "../../base/errors.ts";
import type { CommitRequest } from "../../containers/commit-container.ts";
import type { ImageRunConfig } from "../../oci/image-config.ts";
import type { ConfigModel } from "../../wire/model.ts";
import { type Fields, parseJson, readFields } from "../../wire/json.ts";
import { configFrom, toWireConfig } from "../../wire/container-config.ts";
import { BLANK_CONFIG } from "../../wire/blank-config.ts";
import { type ApiRequest, bodyText, queryBoolean } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import type { ImageEvents } from "../image-events.ts";
import { json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";
import { taggedName } from "../tagged-name.ts";

/** `docker commit` */
export function commitRoutes(services: Services, events: ImageEvents): readonly Route[] {
  return [route("POST", "/commit", (request) => commit(services, events, request))];
}

async function commit(services: Services, events: ImageEvents, request: ApiRequest): Promise<EngineResponse> {
  if (services.commit === undefined) throw new EngineError("not-implemented", "docker commit is not implemented here");
  const { query } = request;
  const config = bodyConfig(await bodyText(request));
  const name = taggedName(query.get("repo") ?? "", query.get("tag") ?? "");
  const container = services.containers.get(query.get("container") ?? "");
  const wanted: CommitRequest = {
    containerConfig: runConfigOf(container.config, container.image.reference),
    ...(config && { config }),
    changes: query.getAll("changes").flatMap((text) => text.split("\n")),
    author: query.get("author") ?? "",
    comment: query.get("comment") ?? "",
    ...(name && { name }),
    pause: (query.get("pause") ?? "") === "" || queryBoolean(request, "pause"),
  };
  const image = await services.commit(container.id, wanted);
  events.happened("create", image);
  if (name !== undefined) events.tagged(image, name);
  return json({ Id: image.id }, 201);
}

/** Undefined when there is none: then the container's own is taken. */
function bodyConfig(text: string): ImageRunConfig | undefined {
  const value: unknown = text.trim() === "" ? null : parseJson(text);
  if (value === null) return undefined;
  const fields: Fields = readFields(value);
  return runConfigOf({ ...BLANK_CONFIG, ...configFrom(fields) }, fields.string("Image"));
}

/** Docker's `Config` is what an image's config holds, and more. */
function runConfigOf(config: ConfigModel, image: string): ImageRunConfig {
  const { Healthcheck, ...wire } = toWireConfig(config, image);
  return { ...wire, Env: config.env, ...(Healthcheck && { Healthcheck: { ...Healthcheck } }) };
}
