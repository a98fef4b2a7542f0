import { describe, expect, it } from "vitest";
import { encodeUtf8 } from "../base/streams.ts";
import { SerialConsole, watchForPanic } from "./guest-console.ts";

function type(console: SerialConsole, text: string): void {
  for (const byte of encodeUtf8(text)) console.write(byte);
}

describe("SerialConsole", () => {
  it("decodes UTF-8 whose bytes come one by one, and tells of whole lines at once", () => {
    const console = new SerialConsole();
    const heard: string[] = [];
    console.subscribe((text) => void heard.push(text));
    type(console, "größe 🚢\nnext");
    expect(heard).toEqual(["größe 🚢\n"]);
    expect(console.text()).toBe("größe 🚢\n");
  });

  it("tells of a line that is not finished in the same turn", async () => {
    const console = new SerialConsole();
    const heard: string[] = [];
    console.subscribe((text) => void heard.push(text));
    type(console, "login: ");
    await Promise.resolve();
    expect(heard).toEqual(["login: "]);
  });

  it("keeps the newest characters only", () => {
    const console = new SerialConsole({ capacity: 100 });
    for (let line = 0; line < 1000; line++) type(console, `line ${line}\n`);
    expect(console.text()).toHaveLength(100);
    expect(console.text().endsWith("line 998\nline 999\n")).toBe(true);
  });

  it("says nothing to who has left", () => {
    const console = new SerialConsole();
    const heard: string[] = [];
    const subscription = console.subscribe((text) => void heard.push(text));
    type(console, "a\n");
    subscription[Symbol.dispose]();
    type(console, "b\n");
    expect(heard).toEqual(["a\n"]);
  });
});

describe("watchForPanic", () => {
  it.each([
    [
      "[    2.341277] Kernel panic - not syncing: Attempted to kill init!\n",
      "Kernel panic - not syncing: Attempted to kill init!",
    ],
    ["[   12.1] reboot: Power down\r\n", "reboot: Power down"],
  ])("hears %j once, without the time", (line, expected) => {
    const console = new SerialConsole();
    const deaths: string[] = [];
    watchForPanic(console, (detail) => void deaths.push(detail));
    type(console, "booting\n");
    type(console, line);
    type(console, line);
    expect(deaths).toEqual([expected]);
  });

  it("hears a line that comes in pieces", () => {
    const console = new SerialConsole();
    const deaths: string[] = [];
    watchForPanic(console, (detail) => void deaths.push(detail));
    console.append("x\nKernel pa");
    console.append("nic: y");
    expect(deaths).toEqual([]);
    console.append("\n");
    expect(deaths).toEqual(["Kernel panic: y"]);
  });
});
