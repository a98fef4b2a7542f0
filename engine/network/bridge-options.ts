import { EngineError } from "../base/errors.ts";
import type { Network, PortMapping } from "./network.ts";

/** What the bridge driver's options say (moby's `libnetwork/drivers/bridge`, `labels.go`). */
export interface BridgeOptions {
  /** Name of the device. */
  readonly name: string | undefined;
  /** Containers of the network reach one another. */
  readonly icc: boolean;
  readonly masquerade: boolean;
  /** Where ports without an address are published. */
  readonly hostBinding: string;
  readonly mtu: number | undefined;
}

const PREFIX = "com.docker.network.bridge.";
const MTU = "com.docker.network.driver.mtu";
const INTERFACE_NAME_BYTES = 15;

/** @throws EngineError invalid-argument `failed to parse …` */
export function bridgeOptions(options: Network["options"]): BridgeOptions {
  return {
    name: options[`${PREFIX}name`] || undefined,
    icc: booleanOf(options, `${PREFIX}enable_icc`, true),
    masquerade: booleanOf(options, `${PREFIX}enable_ip_masquerade`, true),
    hostBinding: options[`${PREFIX}host_binding_ipv4`] || "0.0.0.0",
    mtu: mtuOf(options),
  };
}

/** @throws EngineError invalid-argument */
export function checkDeviceName(name: string): void {
  if (new TextEncoder().encode(name).length > INTERFACE_NAME_BYTES || /[\s/:]/.test(name) || /^\.\.?$/.test(name))
    throw new EngineError("invalid-argument", `invalid interface name: ${name}`);
}

function booleanOf(options: Network["options"], key: string, usual: boolean): boolean {
  const text = options[key];
  if (text === undefined) return usual;
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw new EngineError(
    "invalid-argument",
    `failed to parse ${key} value: ${text} (strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax)`,
  );
}

/** 0 means the device's own. @throws EngineError invalid-argument */
export function mtuOf(options: Network["options"]): number | undefined {
  const text = options[MTU];
  if (text === undefined) return undefined;
  if (!/^[+-]?\d+$/.test(text))
    throw new EngineError(
      "invalid-argument",
      `failed to parse ${MTU} value: ${text} (strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax)`,
    );
  const mtu = Number(text);
  if (mtu < 0) throw new EngineError("invalid-argument", `invalid MTU number: ${mtu}`);
  return mtu === 0 ? undefined : mtu;
}

/** Ports without an address are published where the network says (`com.docker.network.bridge.host_binding_ipv4`). */
export function hostBound({ options }: Network, ports: readonly PortMapping[]): readonly PortMapping[] {
  const { hostBinding } = bridgeOptions(options);
  if (hostBinding === "0.0.0.0") return ports;
  return ports.map((mapping) => (mapping.hostIp === "" ? { ...mapping, hostIp: hostBinding } : mapping));
}
