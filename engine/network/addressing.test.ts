import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addressBytes,
  broadcastOf,
  contains,
  formatAddress,
  formatCidr,
  macOfAddress,
  overlaps,
  parseAddress,
  parseCidr,
  tryParseAddress,
} from "./addresses.ts";
import { AddressPool, chooseSubnet, chooseSubnetSix } from "./ipam.ts";

describe("addresses", () => {
  it("of both families are read and written", () => {
    const four = fc.bigInt({ min: 0n, max: 0xffff_ffffn }).map((value) => ({ family: 4 as const, value }));
    const six = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map((value) => ({ family: 6 as const, value }));
    fc.assert(
      fc.property(fc.oneof(four, six), (address) => {
        expect(parseAddress(formatAddress(address))).toEqual(address);
        expect(addressBytes(formatAddress(address))).toHaveLength(address.family === 4 ? 4 : 16);
      }),
    );
    expect(() => parseAddress("1.2.3")).toThrow("invalid IP address: 1.2.3");
    expect(() => parseAddress("1.2.3.256")).toThrow("invalid IP address");
  });

  it("of IPv6 have one shortest form", () => {
    const shown = ["FD00:0:0:0::1", "::", "1::", "2001:db8:0:1:0:0:0:1", "::ffff:1.2.3.4", "1:0:2:3:4:5:6:7"];
    expect(shown.map((text) => formatAddress(parseAddress(text)))).toEqual([
      "fd00::1",
      "::",
      "1::",
      "2001:db8:0:1::1",
      "::ffff:102:304",
      "1:0:2:3:4:5:6:7",
    ]);
    for (const text of ["1:2:3", "::1::", "12345::", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0", "1:2:3:4:5:6:7::8", ":1::"])
      expect(tryParseAddress(text), text).toBeUndefined();
  });

  it("form networks", () => {
    const network = parseCidr("10.9.1.7/22");
    expect([formatCidr(network), network.size, formatAddress(broadcastOf(network))]).toEqual([
      "10.9.0.0/22",
      1024n,
      "10.9.3.255",
    ]);
    expect(contains(network, parseAddress("10.9.3.1"))).toBe(true);
    expect(contains(network, parseAddress("10.9.4.0"))).toBe(false);
    expect(contains(network, parseAddress("::a09:301"))).toBe(false);
    expect(overlaps(network, parseCidr("10.0.0.0/8"))).toBe(true);
    expect(overlaps(network, parseCidr("10.9.4.0/24"))).toBe(false);
    expect(formatCidr(parseCidr("fd00:1:2:3::9/48"))).toBe("fd00:1:2::/48");
    for (const text of ["10.9.0.0", "10.9.0.0/33", "fd00::/129", "x/8", "1.2.3.4/8/9"])
      expect(() => parseCidr(text)).toThrow(`invalid subnet ${text}: invalid CIDR block notation`);
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

  it("keeps to its range, to what is asked for, and from what is set aside", () => {
    const pool = new AddressPool({
      subnet: "10.0.0.0/24",
      range: "10.0.0.64/26",
      auxiliary: { router: "10.0.0.64", printer: "10.0.0.67" },
    });
    expect(formatAddress(pool.gateway)).toBe("10.0.0.65");
    expect([pool.take(), pool.take()]).toEqual(["10.0.0.66", "10.0.0.68"]);
    expect(pool.take("10.0.0.9")).toBe("10.0.0.9");
    expect(() => pool.take("10.0.0.9")).toThrow("Address already in use");
    expect(() => pool.take("10.1.0.9")).toThrow("no configured subnet or ip-range contain the IP address 10.1.0.9");
  });

  it("of IPv6 begins behind its gateway", () => {
    const pool = new AddressPool({ subnet: "fd00:77::/64" });
    expect([formatAddress(pool.gateway), pool.take(), pool.take()]).toEqual(["fd00:77::1", "fd00:77::2", "fd00:77::3"]);
  });

  it("is chosen among Docker's, around the taken ones", () => {
    expect(formatCidr(chooseSubnet([parseCidr("172.17.0.0/16"), parseCidr("172.18.5.0/24")]))).toBe("172.19.0.0/16");
    expect(formatCidr(chooseSubnet([parseCidr("172.16.0.0/12")]))).toBe("192.168.0.0/20");
    expect(() => chooseSubnet([parseCidr("0.0.0.0/0")])).toThrow(
      "all predefined address pools have been fully subnetted",
    );
    const first = chooseSubnetSix([], 0x6b_648f_f059n);
    expect(formatCidr(first)).toBe("fd6b:648f:f059::/64");
    expect(formatCidr(chooseSubnetSix([first], 0x6b_648f_f059n))).toBe("fd6b:648f:f05a::/64");
  });
});
