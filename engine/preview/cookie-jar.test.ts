import { describe, expect, it } from "vitest";
import { CookieJar } from "./cookie-jar.ts";

const jarAt = (clock = { now: 1_000_000 }): CookieJar => new CookieJar(() => clock.now);

describe("cookies of a port", () => {
  it("come back in RFC 6265's order: longer paths first, then the older", () => {
    const jar = jarAt();
    jar.set("a=1; Path=/", "/", "server");
    jar.set("b=2; Path=/", "/", "server");
    jar.set("deep=3; Path=/sub", "/", "server");
    jar.set("a=4; Path=/", "/", "server");
    expect(jar.get("/sub/page?x", "server")).toBe("deep=3; a=4; b=2");
    expect(jar.get("/subway", "server")).toBe("a=4; b=2");
  });

  it("without a path belong to the directory of the request", () => {
    const jar = jarAt();
    jar.set("a=1", "/shop/cart?x=/y/z", "server");
    expect([jar.get("/shop/x", "server"), jar.get("/", "server")]).toEqual(["a=1", ""]);
  });

  it("end by Max-Age, by Expires, and at once when they are in the past", () => {
    const clock = { now: Date.parse("2026-01-01T00:00:00Z") };
    const jar = jarAt(clock);
    jar.set("short=1; Max-Age=10", "/", "server");
    jar.set("dated=1; Expires=Thu, 01-Jan-2026 00:01:00 GMT", "/", "server");
    jar.set("both=1; Max-Age=100; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "/", "server");
    expect(jar.get("/", "server")).toBe("short=1; dated=1; both=1");
    clock.now += 11_000;
    expect(jar.get("/", "server")).toBe("dated=1; both=1");
    jar.set("both=; Max-Age=0", "/", "server");
    clock.now += 60_000;
    expect(jar.get("/", "server")).toBe("");
  });

  it("that are HttpOnly are not read, replaced or made by scripts", () => {
    const jar = jarAt();
    jar.set("session=s; HttpOnly; Path=/", "/", "server");
    jar.set("session=stolen; Path=/", "/", "script");
    jar.set("fake=1; HttpOnly", "/", "script");
    jar.set("mine=1; Path=/", "/", "script");
    expect([jar.get("/", "script"), jar.get("/", "server")]).toEqual(["mine=1", "session=s; mine=1"]);
  });

  it.each([
    ["another domain's", "a=1; Domain=example.com"],
    ["a host-only name with a domain", "__Host-a=1; Secure; Path=/; Domain=localhost"],
    ["a secure name without Secure", "__Secure-a=1"],
    ["line ends", "a=1\r\nb"],
    ["too long", `a=${"x".repeat(5000)}`],
    ["nothing", "; Path=/"],
  ])("are refused: %s", (_, line) => {
    const jar = jarAt();
    jar.set(line, "/", "server");
    expect(jar.get("/", "server")).toBe("");
  });

  it("are bounded in number, the oldest go", () => {
    const jar = jarAt();
    for (let number = 0; number < 200; number++) jar.set(`c${number}=1`, "/", "server");
    const names = jar.get("/", "server").split("; ");
    expect([names.length, names[0]]).toEqual([180, "c20=1"]);
  });
});
