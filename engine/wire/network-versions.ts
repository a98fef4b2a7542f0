import { EngineError } from "../base/errors.ts";
import type { NetworkRequestModel } from "./model.ts";
import { compareVersions } from "./version.ts";

type Networks = Readonly<Record<string, NetworkRequestModel>>;

/**
 * What clients of an older API mean by a container's networks, and where the old field for its MAC address goes (moby's
 * `handleMACAddressBC`).
 * @throws EngineError invalid-argument in Docker's words
 */
export function networksAsOfVersion(
  networks: Networks,
  { mode, macAddress, version }: { mode: string; macAddress: string; version: string },
): Networks {
  const names = Object.keys(networks);
  const refuse = (message: string): never => {
    throw new EngineError("invalid-argument", message);
  };
  if (compareVersions(version, "1.44") < 0) {
    if (names.length > 1) refuse(`Container cannot be created with multiple network endpoints: ${names.join(", ")}`);
    if (macAddress !== "" && (["host", "none"].includes(mode) || mode.startsWith("container:")))
      refuse("conflicting options: mac-address and the network mode");
    // The endpoint's own field did not exist.
    return Object.fromEntries(
      Object.entries(networks).map(([name, { macAddress: _unknown, ...rest }]) => [name, rest]),
    );
  }
  const main = networks[mode === "" || mode === "default" ? "bridge" : mode]?.macAddress ?? "";
  if (macAddress !== "" && main !== "" && main.toLowerCase() !== macAddress.toLowerCase())
    refuse(
      "the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty",
    );
  return networks;
}
