import { EngineError } from "../base/errors.ts";
import type { Op } from "../guest/ops.ts";
import { broadcastOf, formatAddress, parseCidr } from "./addresses.ts";
import { bridgeOptions } from "./bridge-options.ts";
import { bridgeRulesOps, type BridgeRules } from "./bridge-rules.ts";
import { ownParentOf } from "./network-registry.ts";
import type { Network } from "./network.ts";
import { linkIndexOf, RouteMessages } from "./rtnetlink.ts";

/** The guest's `run`: one answer for each op. */
export type RunOps = (ops: readonly Op[]) => Promise<readonly Uint8Array[]>;

const O_WRONLY = 1;
const VLAN = /^(.+)\.(\d+)$/;

/**
 * What networks are made of in the guest: bridges, and the parents of macvlan and ipvlan devices. They are made once, before the
 * first container, in two requests whatever their number.
 */
export class BridgeDevices {
  readonly #run: RunOps;
  readonly #networks: () => readonly Network[];
  readonly #indexes = new Map<string, number>();
  #setUp: Promise<void> | undefined;
  #isReady = false;

  constructor(run: RunOps, networks: () => readonly Network[]) {
    this.#run = run;
    this.#networks = networks;
  }

  /** undefined when nothing is left to wait for. */
  ready(): Promise<void> | undefined {
    if (this.#isReady) return undefined;
    this.#setUp ??= this.#make(this.#networks().filter(hasDevice)).then(
      () => {
        this.#isReady = true;
      },
      (error: unknown) => {
        this.#setUp = undefined;
        throw error;
      },
    );
    return this.#setUp;
  }

  /** @throws EngineError internal when the parent that a macvlan or ipvlan network names is not there */
  async add(network: Network): Promise<void> {
    await this.ready();
    if (hasDevice(network) && !this.#indexes.has(network.id)) await this.#make([network]);
    if (hasDevice(network) && !this.#indexes.has(network.id))
      throw new EngineError(
        "internal",
        `invalid subinterface vlan name ${network.device}, example formatting is eth0.10`,
      );
  }

  async remove(network: Network): Promise<void> {
    this.#indexes.delete(network.id);
    if (!this.#isReady || !hasDevice(network)) return;
    const ops = network.driver === "bridge" ? [...this.#rules()] : [];
    // A parent that was there before stays.
    if (network.driver === "bridge" || isOwnParent(network))
      ops.push(new RouteMessages().deleteLink(network.device).toOp("current", true));
    if (ops.length > 0) await this.#run(ops);
  }

  /** The interface index of the bridge or parent. @throws EngineError internal when the guest has none */
  indexOf(network: Network): number {
    const index = this.#indexes.get(network.id);
    if (index === undefined)
      throw new EngineError("internal", `the device ${network.device ?? ""} of network ${network.name} is not there`);
    return index;
  }

  async #make(networks: readonly WithDevice[]): Promise<void> {
    const vlans = networks.filter(({ driver, device }) => driver !== "bridge" && VLAN.test(device));
    const parents = await this.#parentIndexes(vlans);
    const answers = await this.#run(
      networks.flatMap((network) => [
        // It may be there: the guest outlived an engine.
        ...creation(network, parents.get(network.id)),
        new RouteMessages().getLink(network.device).toOp("current", network.driver !== "bridge"),
      ]),
    );
    let at = -1;
    for (const network of networks) {
      at += creation(network, parents.get(network.id)).length + 1;
      const index = linkIndexOf(answers[at] ?? new Uint8Array());
      if (index !== undefined) this.#indexes.set(network.id, index);
      else if (network.driver === "bridge") throw new Error(`the guest has no device ${network.device}`);
    }
    await this.#run([
      { op: "write", path: "/proc/sys/net/ipv4/ip_forward", data: "1", flags: O_WRONLY },
      ...networks.filter(({ id }) => this.#indexes.has(id)).flatMap((network) => this.#configure(network)),
      ...this.#rules(),
    ]);
  }

  /** Of `eth0` for the networks on `eth0.10`; it must be up before they can be. */
  async #parentIndexes(vlans: readonly WithDevice[]): Promise<ReadonlyMap<string, number>> {
    if (vlans.length === 0) return new Map();
    const answers = await this.#run(
      vlans.flatMap(({ device }) => {
        const parent = (VLAN.exec(device) as RegExpExecArray)[1] as string;
        return [
          new RouteMessages().getLink(parent).toOp("current", true),
          new RouteMessages().setUp(parent).toOp("current", true),
        ];
      }),
    );
    return new Map(
      vlans.flatMap(({ id }, position) => {
        const index = linkIndexOf(answers[position * 2] ?? new Uint8Array());
        return index === undefined ? [] : [[id, index] as const];
      }),
    );
  }

  #configure(network: WithDevice): readonly Op[] {
    const { device, subnets } = network;
    // A parent that cannot be set up is no reason for the bridges to fail.
    if (network.driver !== "bridge") return [new RouteMessages().setUp(device).toOp("current", true)];
    const messages = new RouteMessages().setUp(device, bridgeOptions(network.options).mtu);
    for (const { subnet, gateway } of subnets) {
      const cidr = parseCidr(subnet);
      const broadcast = cidr.family === 4 ? formatAddress(broadcastOf(cidr)) : undefined;
      messages.addAddress(this.indexOf(network), gateway, cidr.prefixLength, broadcast);
    }
    const sysctl = (path: string): Op => ({ op: "write", path: `/proc/sys/net/${path}`, data: "1", flags: O_WRONLY });
    const hasSix = subnets.some(({ subnet }) => subnet.includes(":"));
    return [
      messages.toOp(),
      sysctl(`ipv4/conf/${device}/route_localnet`),
      ...(hasSix ? [sysctl("ipv6/conf/all/forwarding")] : []),
    ];
  }

  #rules(): readonly Op[] {
    const bridges = this.#networks()
      .filter(hasDevice)
      .filter(({ driver }) => driver === "bridge");
    return bridgeRulesOps(
      bridges.map(({ device, subnets, internal, options }): BridgeRules => {
        const { icc, masquerade } = bridgeOptions(options);
        return { device, subnets: subnets.map(({ subnet }) => subnet), internal, icc, masquerade };
      }),
    );
  }
}

type WithDevice = Network & { readonly device: string };

function hasDevice(network: Network): network is WithDevice {
  return network.device !== undefined;
}

function isOwnParent({ id, device }: WithDevice): boolean {
  return device === ownParentOf(id) || VLAN.test(device);
}

/** At most one op. */
function creation(network: WithDevice, vlanParent: number | undefined): readonly Op[] {
  const { driver, device } = network;
  const messages = new RouteMessages();
  if (driver === "bridge") messages.createBridge(device, macOf(network));
  else if (vlanParent !== undefined)
    messages.createVlan(device, vlanParent, Number((VLAN.exec(device) as RegExpExecArray)[2]));
  else if (isOwnParent(network) && !VLAN.test(device)) messages.createDummy(device);
  else return [];
  return [messages.toOp("current", true)];
}

/** Stays the same for the life of the network. */
function macOf({ id }: Network): string {
  return ["02", "42", ...Array.from({ length: 4 }, (_, index) => id.slice(index * 2, index * 2 + 2))].join(":");
}
