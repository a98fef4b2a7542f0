import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeQuery, DnsFormatError, encodeRefusal, encodeReply } from "./message.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const name = (text: string): string =>
  `${text
    .split(".")
    .map((label) => label.length.toString(16).padStart(2, "0") + Buffer.from(label).toString("hex"))
    .join("")}00`;
const query = (question: string, { flags = "0100", counts = "0001 0000 0000 0000", more = "" } = {}): Uint8Array =>
  hex(`abcd ${flags} ${counts} ${question} ${more}`);

function refusal(bytes: Uint8Array): string {
  try {
    decodeQuery(bytes);
  } catch (error) {
    if (error instanceof DnsFormatError) return Buffer.from(encodeRefusal(error) ?? []).toString("hex");
    throw error;
  }
  return "accepted";
}

describe("a DNS query", () => {
  it("has one question, whose letters keep their case", () => {
    expect(decodeQuery(query(`${name("Web.net1")} 001c 0001`))).toEqual({
      id: 0xabcd,
      recursionDesired: true,
      name: "Web.net1",
      type: 28,
      class: 1,
      udpBytes: 512,
    });
    expect(decodeQuery(query("00 0001 0001", { flags: "0000" }))).toMatchObject({ name: "", recursionDesired: false });
  });

  it("may say how long an answer it takes", () => {
    const counts = "0001 0000 0000 0001";
    expect(decodeQuery(query(`${name("a")} 0001 0001`, { counts, more: "00 0029 1000 00000000 0000" })).udpBytes).toBe(
      4096,
    );
    expect(decodeQuery(query(`${name("a")} 0001 0001`, { counts, more: "00 0029 0010 00000000 0000" })).udpBytes).toBe(
      512,
    );
  });

  it("is refused with a word when it is none, and without when it cannot be answered", () => {
    expect(refusal(hex("abcd01"))).toBe("");
    expect(refusal(query(`${name("a")} 0001 0001`, { flags: "8180" }))).toBe("");
    const formatError = "abcd80810000000000000000";
    expect(refusal(query(`${name("a")} 0001 0001`, { counts: "0002 0000 0000 0000" }))).toBe(formatError);
    expect(refusal(query(`${name("a")} 00`))).toBe(formatError);
    expect(refusal(query("03 6162"))).toBe(formatError);
    expect(refusal(query(`${name("a")} 0001 0001`, { flags: "2900" }))).toBe("abcd80840000000000000000");
  });

  it("cannot lead its reader in circles, nor out of the message", () => {
    const formatError = "abcd80810000000000000000";
    for (const question of ["c00c", "c00d", "c000", "ffff", "0161 c00c", "c0", `${"3f".padEnd(128, "61").repeat(5)}00`])
      expect(refusal(query(`${question} 0001 0001`)), question).toBe(formatError);
  });

  it("of any bytes is read or refused, never anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (tail, withHeader) => {
        const bytes = withHeader ? Uint8Array.from([...query(""), ...tail]) : tail;
        expect(typeof refusal(bytes)).toBe("string");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("an answer", () => {
  const asked = decodeQuery(query(`${name("db")} 0001 0001`));
  const text = (reply: Parameters<typeof encodeReply>[1], maxBytes = 512): string =>
    Buffer.from(encodeReply(asked, reply, maxBytes)).toString("hex");

  it("repeats the question and points at its name", () => {
    expect(text({ code: 0, records: [{ type: "A", value: "10.0.0.2" }] })).toBe(
      "abcd818000010001000000000264620000010001c00c000100010000025800040a000002",
    );
    expect(text({ code: 2, records: [] })).toBe("abcd818200010000000000000264620000010001");
  });

  it("carries IPv6 addresses and names", () => {
    expect(text({ code: 0, records: [{ type: "AAAA", value: "fd00::2" }] })).toContain(
      "c00c001c0001000002580010fd000000000000000000000000000002",
    );
    expect(text({ code: 0, records: [{ type: "PTR", value: "web.net1" }] })).toContain(
      "c00c000c000100000258000a03776562046e65743100",
    );
  });

  it("that is too long is cut off, and says so", () => {
    const records = Array.from({ length: 40 }, (_, index) => ({ type: "A" as const, value: `10.0.0.${index}` }));
    expect(text({ code: 0, records })).toBe("abcd838000010000000000000264620000010001");
    expect(text({ code: 0, records }, 65_535)).toHaveLength(2 * (12 + 8 + 40 * 16));
  });
});
