import { type Fields, readFields, wrongElement, wrongType } from "./json.ts";
import type { DeviceMappingModel, DeviceRequestModel, HostModel } from "./model.ts";

/** `Devices`, `DeviceCgroupRules` and `DeviceRequests` of a `HostConfig`; what was not set is left out. @throws EngineError invalid-argument */
export function devicesFrom(fields: Fields): Partial<HostModel> {
  const devices = fields.objects("Devices", "[]container.DeviceMapping").map(mappingFrom);
  const rules = fields.strings("DeviceCgroupRules") ?? [];
  const requests = fields.objects("DeviceRequests", "[]container.DeviceRequest").map(requestFrom);
  return {
    ...(devices.length > 0 && { devices }),
    ...(rules.length > 0 && { deviceCgroupRules: rules }),
    ...(requests.length > 0 && { deviceRequests: requests }),
  };
}

function mappingFrom(device: Fields): DeviceMappingModel {
  return {
    pathOnHost: device.string("PathOnHost"),
    pathInContainer: device.string("PathInContainer"),
    cgroupPermissions: device.string("CgroupPermissions"),
  };
}

function requestFrom(request: Fields, index: number): DeviceRequestModel {
  const path = `HostConfig.DeviceRequests.${index}.Capabilities`;
  const sets = request.has("Capabilities") ? request.raw("Capabilities") : null;
  return {
    driver: request.string("Driver"),
    count: request.integer("Count", "int"),
    deviceIds: request.strings("DeviceIDs") ?? null,
    capabilities: sets === null ? null : capabilitySets(sets, path),
    options: request.has("Options") ? request.stringMap("Options") : null,
  };
}

/** A list of lists: one of them must be met wholly. */
function capabilitySets(value: unknown, path: string): readonly (readonly string[])[] {
  if (!Array.isArray(value)) throw wrongType(value, path, "[][]string");
  return value.map((set: unknown, index) => {
    if (!Array.isArray(set)) throw wrongElement(set, `${path}.${index}`, "[]string");
    return readFields({ [index]: set as unknown[] }, path).strings(String(index)) ?? [];
  });
}
