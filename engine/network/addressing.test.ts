import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  broadcastOf,
  contains,
  formatAddress,
  formatCidr,
  macOfAddress,
  overlaps,
  parseAddress,
  parseCidr,
} from "./addresses.ts";
import { AddressPool, chooseSubnet } from "./ipam.ts";

describe("addresses", () => {
  it("are read and written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (address) => {
        expect(parseAddress(formatAddress(address))).toBe(address);
      }),
    );
    expect(() => parseAddress("1.2.3")).toThrow("invalid IP address: 1.2.3");
    expect(() => parseAddress("1.2.3.256")).toThrow("invalid IP address");
  });

  it("form networks", () => {
    const network = parseCidr("10.9.1.7/22");
    expect([formatCidr(network), network.size, formatAddress(broadcastOf(network))]).toEqual([
      "10.9.0.0/22",
      1024,
      "10.9.3.255",
    ]);
    expect(contains(network, parseAddress("10.9.3.1"))).toBe(true);
    expect(contains(network, parseAddress("10.9.4.0"))).toBe(false);
    expect(overlaps(network, parseCidr("10.0.0.0/8"))).toBe(true);
    expect(overlaps(network, parseCidr("10.9.4.0/24"))).toBe(false);
    expect(() => parseCidr("10.9.0.0")).toThrow("invalid subnet");
  });

  it("make MAC addresses as Docker's", () => {
    expect(macOfAddress(parseAddress("172.17.0.2"))).toBe("02:42:ac:11:00:02");
  });
});

describe("a pool", () => {
  it("gives the lowest free address and takes it back", () => {
    const pool = new AddressPool({ subnet: "172.17.0.0/16", gateway: "172.17.0.1" });
    expect([pool.take(), pool.take(), pool.take()]).toEqual(["172.17.0.2", "172.17.0.3", "172.17.0.4"]);
    pool.give("172.17.0.3");
    expect(pool.take()).toBe("172.17.0.3");
    pool.give("172.17.0.1");
    expect(pool.take()).toBe("172.17.0.5");
  });

  it("ends: the gateway, the network's own and the broadcast address are nobody's", () => {
    const pool = new AddressPool({ subnet: "10.0.0.0/30" });
    expect(pool.take()).toBe("10.0.0.2");
    expect(() => pool.take()).toThrow("no available IPv4 addresses on this network's address pools: 10.0.0.0/30");
  });

  it("keeps to its range and to what is asked for", () => {
    const pool = new AddressPool({ subnet: "10.0.0.0/24", range: "10.0.0.64/26" });
    expect(formatAddress(pool.gateway)).toBe("10.0.0.64");
    expect(pool.take()).toBe("10.0.0.65");
    expect(pool.take("10.0.0.9")).toBe("10.0.0.9");
    expect(() => pool.take("10.0.0.9")).toThrow("Address already in use");
    expect(() => pool.take("10.1.0.9")).toThrow("does not belong to any of this network's subnets");
    expect(() => new AddressPool({ subnet: "10.0.0.0/24", gateway: "10.1.0.1" })).toThrow(
      "no matching subnet for gateway",
    );
  });

  it("is chosen among Docker's, around the taken ones", () => {
    expect(formatCidr(chooseSubnet([parseCidr("172.17.0.0/16"), parseCidr("172.18.5.0/24")]))).toBe("172.19.0.0/16");
    expect(formatCidr(chooseSubnet([parseCidr("172.16.0.0/12")]))).toBe("192.168.0.0/20");
  });
});
