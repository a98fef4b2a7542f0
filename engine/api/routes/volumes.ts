import { EngineError } from "../../base/errors.ts";
import { mountpointOf, type Volume, type VolumeService } from "../../volumes/volume.ts";
import { parseVolumeCreate, toWireVolume, type WireVolume } from "../../wire/volumes.ts";
import { type ApiRequest, bodyText, isAtLeast, param, queryBoolean } from "../api-request.ts";
import { empty, json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";
import { matchesVolume, parseVolumeFilters, prunable } from "../volume-filters.ts";

/** Named directories that outlive containers. */
export function volumeRoutes({ volumes }: Services): readonly Route[] {
  return [
    route("GET", "/volumes", (request) => list(volumes, request)),
    route("GET", "/volumes/", () => json({ message: "get: no such volume" }, 404)),
    route("GET", "/volumes/{name}", (request) => json(wireOf(volumes, volumes.get(param(request, "name"))))),
    route("POST", "/volumes/create", async (request) =>
      json(wireOf(volumes, await volumes.create(parseVolumeCreate(await bodyText(request)))), 201),
    ),
    route("POST", "/volumes/prune", (request) => prune(volumes, request)),
    route("PUT", "/volumes/{name}", () => {
      throw new EngineError("unavailable", "volume update only valid for cluster volumes, but swarm is unavailable");
    }),
    route("DELETE", "/volumes/{name}", async (request) => {
      await volumes.remove(param(request, "name"), { force: queryBoolean(request, "force") });
      return empty();
    }),
  ];
}

function list(volumes: VolumeService, { query }: ApiRequest): ReturnType<typeof json> {
  const filters = parseVolumeFilters(query.get("filters"));
  const shown = volumes.list().filter((volume) => matchesVolume(volume, volumes.usersOf(volume.name).length, filters));
  return json({ Volumes: shown.map((volume) => wireOf(volumes, volume)), Warnings: null });
}

function wireOf(volumes: VolumeService, volume: Volume): WireVolume {
  const saveError = volumes.saveError(volume.name);
  return toWireVolume(volume, { mountpoint: mountpointOf(volume.name), saveError });
}

async function prune(volumes: VolumeService, request: ApiRequest): Promise<ReturnType<typeof json>> {
  const wanted = prunable(request.query.get("filters"), { allByDefault: !isAtLeast(request, "1.42") });
  const { names, bytes } = await volumes.prune(wanted);
  return json({ VolumesDeleted: names, SpaceReclaimed: bytes });
}
