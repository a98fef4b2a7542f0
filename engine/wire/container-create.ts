import { endpointRequestFrom } from "./endpoint-request.ts";
import { EngineError } from "../base/errors.ts";
import { configFrom, notImplemented } from "./container-config.ts";
import { hostFrom } from "./host-config.ts";
import { type Fields, parseJson, readFields } from "./json.ts";
import { mountsAsOfVersion } from "./mount-requests.ts";
import { networksAsOfVersion } from "./network-versions.ts";
import { API_VERSION, compareVersions } from "./version.ts";
import type { ConfigModel, HostModel, NetworkRequestModel } from "./model.ts";

export interface CreateBody {
  readonly image: string;
  readonly config: Partial<ConfigModel>;
  readonly host: Partial<HostModel>;
  readonly networks: Readonly<Record<string, NetworkRequestModel>>;
}

/** The body of `POST /containers/create`, read as the API version `version` has it. @throws EngineError */
export function parseCreateBody(text: string, version = API_VERSION): CreateBody {
  const fields = readFields(parseJson(text) ?? {}, "", "container.CreateRequest");
  const image = fields.string("Image");
  if (image === "") throw withoutImage(fields);
  const host = fields.object("HostConfig") ?? readFields({}, "HostConfig");
  return {
    image,
    config: configFrom(fields),
    host: asOfVersion(hostFrom(host), version),
    networks: networksAsOfVersion(networksFrom(fields.object("NetworkingConfig")), {
      mode: host.string("NetworkMode"),
      macAddress: fields.string("MacAddress"),
      version,
    }),
  };
}

function withoutImage(fields: Fields): EngineError {
  const names = ["Cmd", "Entrypoint", "Env", "Labels", "User", "WorkingDir", "Hostname", "Tty", "ExposedPorts"];
  return names.some((name) => fields.has(name))
    ? notImplemented("a container without an image (Config.Image)")
    : new EngineError("invalid-argument", "config cannot be empty in order to create a container");
}

/** What fields meant before they existed, or mean since they are gone (moby's `postContainersCreate`). */
function asOfVersion(host: Partial<HostModel>, version: string): Partial<HostModel> {
  const isBefore = (other: string): boolean => compareVersions(version, other) < 0;
  const { consoleSize, annotations, resources, ...rest } = host;
  const { kernelMemoryBytes, kernelMemoryTcpBytes, ...limits } = resources ?? {};
  return {
    ...rest,
    ...(isBefore("1.25") && { autoRemove: false }),
    ...(host.mounts && { mounts: mountsAsOfVersion(host.mounts, version) }),
    ...(isBefore("1.40") && (host.ipcMode ?? "") === "" && { ipcMode: "shareable" }),
    ...(consoleSize && !isBefore("1.42") && { consoleSize }),
    ...(annotations && !isBefore("1.43") && { annotations }),
    resources: {
      ...(limits as HostModel["resources"]),
      ...(kernelMemoryBytes !== undefined && isBefore("1.42") && { kernelMemoryBytes }),
      ...(kernelMemoryTcpBytes !== undefined && !isBefore("1.40") && { kernelMemoryTcpBytes }),
    },
  };
}

/** `EndpointsConfig`: the client's `default` is the default bridge. */
function networksFrom(networking: Fields | undefined): Readonly<Record<string, NetworkRequestModel>> {
  const entries = (networking?.entries("EndpointsConfig", "map[string]*network.EndpointSettings") ?? []).map(
    ([name, value]) => {
      const endpoint = readFields(value ?? {}, `NetworkingConfig.EndpointsConfig.${name}`);
      return [name === "default" ? "bridge" : name, endpointRequestFrom(endpoint)] as const;
    },
  );
  return Object.fromEntries(entries);
}
