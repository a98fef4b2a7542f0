import type { Op } from "../guest/ops.ts";
import { broadcastOf, formatAddress, parseCidr } from "./addresses.ts";
import { bridgeRulesOp, type BridgeRules } from "./bridge-rules.ts";
import type { Network, Subnet } from "./network.ts";
import { linkIndexOf, RouteMessages } from "./rtnetlink.ts";

/** The guest's `run`: one answer for each op. */
export type RunOps = (ops: readonly Op[]) => Promise<readonly Uint8Array[]>;

const O_WRONLY = 1;

/** The bridges in the guest. They are made once, before the first container, in two requests whatever their number. */
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
    this.#setUp ??= this.#make(this.#bridges()).then(
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

  async add(network: Network): Promise<void> {
    await this.ready();
    if (!this.#indexes.has(network.id)) await this.#make([network]);
  }

  async remove(network: Network): Promise<void> {
    this.#indexes.delete(network.id);
    const device = network.device;
    if (!this.#isReady || device === undefined) return;
    await this.#run([this.#rules(), new RouteMessages().deleteLink(device).toOp("current", true)]);
  }

  /** The bridge's interface index. */
  indexOf(network: Network): number {
    const index = this.#indexes.get(network.id);
    if (index === undefined) throw new Error(`the bridge of network ${network.name} is not there`);
    return index;
  }

  #bridges(): readonly Network[] {
    return this.#networks().filter(({ driver }) => driver === "bridge");
  }

  async #make(bridges: readonly Network[]): Promise<void> {
    const answers = await this.#run(
      bridges.flatMap((network) => [
        // It may be there: the guest outlived an engine.
        new RouteMessages().createBridge(deviceOf(network), macOf(network)).toOp("current", true),
        new RouteMessages().getLink(deviceOf(network)).toOp(),
      ]),
    );
    bridges.forEach((network, position) => {
      const index = linkIndexOf(answers[position * 2 + 1] ?? new Uint8Array());
      if (index === undefined) throw new Error(`the guest has no device ${deviceOf(network)}`);
      this.#indexes.set(network.id, index);
    });
    await this.#run([
      { op: "write", path: "/proc/sys/net/ipv4/ip_forward", data: "1", flags: O_WRONLY },
      ...bridges.flatMap((network) => this.#configure(network)),
      this.#rules(),
    ]);
  }

  #configure(network: Network): readonly Op[] {
    const { gateway } = subnetOf(network);
    const subnet = parseCidr(subnetOf(network).subnet);
    const device = deviceOf(network);
    return [
      new RouteMessages()
        .setUp(device)
        .addAddress(this.indexOf(network), gateway, subnet.prefixLength, formatAddress(broadcastOf(subnet)))
        .toOp(),
      { op: "write", path: `/proc/sys/net/ipv4/conf/${device}/route_localnet`, data: "1", flags: O_WRONLY },
    ];
  }

  #rules(): Op {
    return bridgeRulesOp(
      this.#bridges().map((network): BridgeRules => ({
        device: deviceOf(network),
        subnet: subnetOf(network).subnet,
        internal: network.internal,
      })),
    );
  }
}

export function subnetOf({ subnets, name }: Network): Subnet {
  const [subnet] = subnets;
  if (subnet === undefined) throw new Error(`network ${name} has no subnet`);
  return subnet;
}

function deviceOf({ device, name }: Network): string {
  if (device === undefined) throw new Error(`network ${name} has no bridge`);
  return device;
}

/** Stays the same for the life of the network. */
function macOf({ id }: Network): string {
  return ["02", "42", ...Array.from({ length: 4 }, (_, index) => id.slice(index * 2, index * 2 + 2))].join(":");
}
