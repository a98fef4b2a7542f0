import { EngineError, isKind } from "../base/errors.ts";
import type { SpecDevice, SpecDeviceRule } from "../oci/runtime-spec.ts";
import type { DeviceNode, Runtime } from "../runtime/runtime.ts";
import type { DeviceMapping, DeviceRequest, HostConfig } from "./container.ts";
import type { DeviceNumbers } from "./resource-spec.ts";

/** What a container is given of the machine's devices. */
export interface ContainerDevices {
  /** Made in its `/dev`, besides those every container has. */
  readonly nodes: readonly SpecDevice[];
  /** Allowed, besides what every container may do. */
  readonly rules: readonly SpecDeviceRule[];
  /** Of the block devices that its limits name. */
  readonly numbers: DeviceNumbers;
}

export const NO_DEVICES: ContainerDevices = { nodes: [], rules: [], numbers: new Map() };

/** Directories of `/dev` that are file systems of their own, and the terminal. */
const NOT_PRIVILEGED = /^\/dev\/(?:pts|shm|fd|mqueue)(?:\/|$)|^\/dev\/console$/;

/**
 * Looks at the machine's `/dev` for what the container asks for (moby's `daemon/oci_linux.go`, WithDevices and WithResources). Costs
 * nothing for a container that asks for nothing.
 * @throws EngineError internal, in Docker's words, for a device that is not there
 */
export async function findDevices(runtime: Pick<Runtime, "deviceNodes">, host: HostConfig): Promise<ContainerDevices> {
  const { privileged, devices = [], deviceCgroupRules = [], deviceRequests = [] } = host;
  const all = privileged ? await runtime.deviceNodes("/dev") : [];
  const own = all.filter(({ path, type }) => !NOT_PRIVILEGED.test(path) && type !== "p");
  const mapped = await Promise.all(devices.map((mapping) => mappedNodes(runtime, mapping)));
  const numbers = await blockNumbers(runtime, host);
  for (const request of deviceRequests) refuseRequest(request);
  return {
    nodes: [...own, ...mapped.flat()],
    rules: privileged
      ? []
      : [
          ...mapped.flatMap((nodes, index) =>
            nodes.flatMap((node) => ruleOf(node, devices[index]?.cgroupPermissions ?? "")),
          ),
          ...deviceCgroupRules.map(parseDeviceRule),
        ],
    numbers,
  };
}

async function mappedNodes(
  runtime: Pick<Runtime, "deviceNodes">,
  { pathOnHost, pathInContainer }: DeviceMapping,
): Promise<readonly SpecDevice[]> {
  const fail = (reason: string): never => {
    throw new EngineError(
      "internal",
      `error gathering device information while adding custom device "${pathOnHost}": ${reason}`,
    );
  };
  const nodes = await runtime.deviceNodes(pathOnHost).catch((error: unknown) => {
    if (!isKind(error, "not-found")) throw error;
    return fail(error.message);
  });
  if (nodes.length === 0) fail("not a device node");
  return nodes.map((node) => ({ ...node, path: pathInContainer + node.path.slice(pathOnHost.length) }));
}

function ruleOf({ type, major, minor }: SpecDevice, access: string): readonly SpecDeviceRule[] {
  return type === "p" ? [] : [{ allow: true, type, major, minor, access }];
}

/** `c 1:3 rwm`, with `*` for every number and `a` for both kinds. @throws EngineError internal */
function parseDeviceRule(text: string): SpecDeviceRule {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (match === null) throw new EngineError("internal", `invalid device cgroup rule format: '${text}'`);
  const [, type, major, minor, access = ""] = match;
  return {
    allow: true,
    type: type as SpecDeviceRule["type"],
    ...(major !== "*" && { major: Number(major) }),
    ...(minor !== "*" && { minor: Number(minor) }),
    access,
  };
}

async function blockNumbers(runtime: Pick<Runtime, "deviceNodes">, { resources }: HostConfig): Promise<DeviceNumbers> {
  const { blkioWeightDevices, blkioReadBps, blkioWriteBps, blkioReadIops, blkioWriteIops } = resources;
  const lists = [blkioWeightDevices, blkioReadBps, blkioWriteBps, blkioReadIops, blkioWriteIops];
  const paths = new Set(lists.flatMap((list = []) => list.map(({ path }) => path)));
  const found = await Promise.all(
    [...paths].map(async (path) => {
      const [node] = await runtime.deviceNodes(path).catch((error: unknown): readonly DeviceNode[] => {
        if (!isKind(error, "not-found")) throw error;
        throw new EngineError("internal", `stat ${path}: ${error.message}`, { cause: error });
      });
      return [path, { major: node?.major ?? 0, minor: node?.minor ?? 0 }] as const;
    }),
  );
  return new Map(found);
}

/** Nothing here drives a GPU or the like. */
function refuseRequest({ driver, capabilities }: DeviceRequest): never {
  const sets = (capabilities ?? []).map((set) => `[${set.join(" ")}]`).join(" ");
  throw new EngineError("internal", `could not select device driver "${driver}" with capabilities: [${sets}]`);
}
