import { describe, expect, it } from "vitest";
import type { TerminalSize } from "../command-context.ts";
import { encodeUtf8 } from "../../base/streams.ts";
import type { BuildStatusModel } from "../../wire/build-status.ts";
import type { Display } from "./display.ts";
import { LogWindow } from "./log-window.ts";
import { PlainDisplay } from "./plain-display.ts";
import { RawJsonDisplay } from "./raw-json-display.ts";
import { readRecording, recordedStatuses } from "./testing/recorded-statuses.ts";
import { textWidth } from "./text-width.ts";
import { TtyDisplay } from "./tty-display.ts";

/** Draws as often as a real display may. */
function play(display: Display, statuses: ReturnType<typeof recordedStatuses>): readonly string[] {
  const drawn: string[] = [];
  let drawnMs = -Infinity;
  let lastMs = 0;
  for (const { status, atMs } of statuses) {
    display.update(status, atMs);
    lastMs = atMs;
    if (atMs - drawnMs < 100) continue;
    drawnMs = atMs;
    drawn.push(display.draw(atMs));
  }
  return [...drawn, display.finish(lastMs)];
}

const masked = (text: string): string =>
  text
    .replace(/^(#\d+ )?\d+\.\d+ /gm, "$1T ")
    .replace(/ \d+\.\ds( done)?$/gm, "$1")
    .replace(/sha256:\w+/g, "sha256:X")
    .replace(/\d+B done/g, "NB done");

const tty = (size: TerminalSize, isColored = true): TtyDisplay =>
  new TtyDisplay({ description: "docker:default", size: () => size, isColored });

const vertex = (name: string, more: object = {}): NonNullable<BuildStatusModel["vertexes"]>[number] => ({
  digest: name,
  inputs: [],
  name,
  startedMs: 1000,
  ...more,
});
const log = (name: string, text: string, timestampMs = 1000): NonNullable<BuildStatusModel["logs"]>[number] => ({
  vertex: name,
  stream: "stdout",
  bytes: encodeUtf8(text),
  timestampMs,
});

describe("plain output", () => {
  it("of a build is what buildx writes of it", () => {
    const text = play(
      new PlainDisplay('building with "default" instance using docker driver'),
      recordedStatuses("two"),
    );
    expect(masked(text.join(""))).toBe(masked(readRecording("two.plain")));
  });

  it("of a build that fails shows the last lines of the step again, as buildx does", () => {
    const text = play(
      new PlainDisplay('building with "default" instance using docker driver'),
      recordedStatuses("bad"),
    );
    const recorded = readRecording("bad.plain").replace(/^Dockerfile\.bad:3\n[^]*/m, "");
    expect(masked(text.join(""))).toBe(masked(recorded));
  });

  it("lets another step have its turn when the one before is over, and says which goes on", () => {
    const display = new PlainDisplay("");
    display.update({ vertexes: [vertex("a"), vertex("b")], logs: [log("a", "one\n")] }, 1000);
    let text = display.draw(1000);
    display.update({ logs: [log("b", "two\n")] }, 12_500);
    text += display.draw(12_500);
    display.update({ vertexes: [vertex("a", { completedMs: 13_000 })] }, 13_000);
    text += display.draw(13_000);
    display.update({ vertexes: [vertex("b", { completedMs: 14_000, error: "x: context canceled" })] }, 14_000);
    text += display.finish(14_000);
    expect(text).toBe(
      "#1 a\n#1 0.000 one\n#1 ...\n\n#2 b\n#2 0.000 two\n#2 ...\n\n#1 a\n#1 DONE 12.0s\n\n#2 b\n#2 CANCELED\n",
    );
  });

  it("tells of progress when there is news", () => {
    const display = new PlainDisplay("");
    const part = (current: number, timestampMs: number, completedMs?: number): BuildStatusModel => ({
      statuses: [{ id: "layer", vertex: "a", current, total: 2_000_000, timestampMs, startedMs: 1000, ...(completedMs !== undefined && { completedMs }) }], // prettier-ignore
    });
    let text = "";
    for (const [status, nowMs] of [
      [{ vertexes: [vertex("a")] }, 1000],
      [part(0, 1000), 1000],
      [part(1000, 1100), 1100],
      [part(1_000_000, 1200), 1200],
      [part(2_000_000, 3000, 3000), 3000],
    ] as const) {
      display.update(status, nowMs);
      text += display.draw(nowMs);
    }
    expect(text).toBe(
      "#1 a\n#1 layer 0B / 2.00MB\n#1 layer 1.00MB / 2.00MB 0.2s\n#1 layer 2.00MB / 2.00MB 2.0s done\n",
    );
  });

  it("goes on with a line that was not finished", () => {
    const display = new PlainDisplay("");
    display.update({ vertexes: [vertex("a")], logs: [log("a", "ha")] }, 1000);
    let text = display.draw(1000);
    display.update({ logs: [log("a", "lf\nnext")] }, 1100);
    text += display.draw(1100);
    display.update({ vertexes: [vertex("a", { completedMs: 2000 })] }, 2000);
    text += display.draw(2000);
    expect(text).toBe("#1 a\n#1 0.000 half\n#1 0.000 next\n#1 DONE 1.0s\n");
  });
});

describe("a terminal", () => {
  it("shows at the end what buildx shows", () => {
    const [last = ""] = play(tty({ rows: 24, columns: 80 }), recordedStatuses("two")).slice(-1);
    const screen = (text: string): readonly string[] =>
      masked(text)
        .split("\n")
        .filter((line) => /^\[|=>/.test(line))
        .map((line) => line.replace(/\d+\.\ds/g, "T").replace(/sha256:\S+/, "sha256:X"));
    // oxlint-disable-next-line no-control-regex
    const drawn = last.replace(/^.*\u001b\[\?25l/s, "").replace(/\u001b\[\?25h$/, "");
    expect(screen(drawn)).toEqual(screen(readRecording("two.screen")));
    expect(drawn.split("\n")[0]?.length).toBe(79);
  });

  it("is redrawn in place, with the output of what runs below it", () => {
    const display = tty({ rows: 24, columns: 60 });
    display.update({ vertexes: [vertex("[1/2] RUN a")], logs: [log("[1/2] RUN a", "1\n2\nthree")] }, 1000);
    const first = display.draw(2000);
    expect(first).toBe(
      [
        "\u001b[1A\u001b[1B\u001b[0G\u001b[?25l[+] Building 1.0s (0/1)                      docker:default",
        " => [1/2] RUN a                                        1.0s",
        ...["1", "2", "three"].map(
          (text, index) => `${index === 0 ? "" : "\u001b[0m"}\u001b[2m => => # ${text.padEnd(50)}`,
        ),
        "\u001b[0m\u001b[?25h",
      ].join("\n"),
    );
    display.update({ vertexes: [vertex("[1/2] RUN a", { completedMs: 3000 })] }, 3000);
    const second = display.draw(3000);
    expect(second.startsWith("\u001b[1A".repeat(5))).toBe(true);
    expect(second).toContain("\u001b[34m => [1/2] RUN a                                        2.0s\n\u001b[0m");
    // What was below is wiped.
    expect(second.endsWith(`${" ".repeat(60)}\n`.repeat(3) + "\u001b[3A\u001b[0G\u001b[?25h")).toBe(true);
  });

  it("never draws more than the screen holds, and keeps what runs in sight", () => {
    const display = tty({ rows: 10, columns: 60 });
    const names = Array.from({ length: 30 }, (_, index) => `step ${index}`);
    display.update(
      { vertexes: names.map((name, index) => vertex(name, index === 3 ? {} : { completedMs: 2000 })) },
      2000,
    );
    const text = display.draw(2000);
    expect(text.split("\n").length).toBeLessThanOrEqual(10);
    expect(text).toContain(" => step 3 ");
    expect(text).toContain(" => step 29 ");
  });

  it("that is narrow cuts names, and leaves out what has no room", () => {
    const display = tty({ rows: 24, columns: 24 });
    display.update(
      {
        vertexes: [vertex("a very long name of a step", { completedMs: 1200 })],
        statuses: [{ id: "layer", vertex: "a very long name of a step", current: 1, total: 2e6, timestampMs: 1, startedMs: 1 }], // prettier-ignore
      },
      2000,
    );
    for (const line of display.draw(2000).split("\n").slice(1, -1))
      // oxlint-disable-next-line no-control-regex
      expect(line.replace(/\u001b\[\d*[A-Za-z]/g, "").length).toBeLessThanOrEqual(24);
  });

  it("keeps its layout with Hangul in names and output, and with control characters in names", () => {
    const display = tty({ rows: 20, columns: 40 }, false);
    const name = "RUN echo 안녕하세요 안녕하세요 안녕하세요 안녕하세요\u001b[2J";
    display.update({ vertexes: [vertex(name), vertex("A\u001b[2J\u0007B")] }, 1000);
    display.update({ logs: [log(name, `${"가나다라".repeat(8)}\n`)] }, 1100);
    const lines = display.draw(2000).split("\n").slice(1, -1);
    // oxlint-disable-next-line no-control-regex
    const shown = lines.map((line) => line.replace(/^(?:\u001b\[\d+m)+/, ""));
    expect(shown[0]).toBe(" => RUN echo 안녕하세요 안녕하세   1.0s");
    expect(shown.find((line) => line.includes("A [2J"))).toMatch(/^ => A {1}\[2J B +1\.0s$/);
    for (const line of shown) expect(textWidth(line)).toBeLessThanOrEqual(40);
    expect(shown.join("\n")).toContain(" => => # 가나다라가나다라가나다라가나다");
  });

  it("shows errors red, and what was cancelled yellow; NO_COLOR shows neither", () => {
    const failed = { vertexes: [vertex("a", { completedMs: 1100, error: "boom" }), vertex("b", { completedMs: 1100, error: "context canceled" })] }; // prettier-ignore
    const display = tty({ rows: 24, columns: 60 });
    display.update({ ...failed, logs: [] }, 1100);
    display.update({ logs: [log("a", "why\n")] }, 1100);
    const text = display.finish(1100);
    expect(text).toContain("\u001b[31m => ERROR a ");
    expect(text).toContain("\u001b[33m => CANCELED b ");
    expect(text).toMatch(/------\n > a:\n0\.000 why\n------\n$/);
    const plain = tty({ rows: 24, columns: 60 }, false);
    plain.update(failed, 1100);
    expect(plain.draw(1100)).not.toContain("\u001b[3");
  });
});

describe("a step's window", () => {
  it.each([
    ["a\nb\n", ["a", "b"]],
    ["1%\r50%\r100%\n", ["100%"]],
    ["\u001b[31mred\u001b[0m\n", ["red"]],
    ["abc\u001b[2K\rx\n", ["x"]],
    ["ab\bc\tz", ["ac      z"]],
    ["one\ntwo\u001b[1A\rONE", ["ONE", "two"]],
    ["1\n2\n3\n4\n5\n6\n7\n8\n", ["4", "5", "6", "7", "8"]],
    ["x".repeat(25), ["x".repeat(20), "xxxxx"]],
    ["\u001b]0;title\u0007t", ["t"]],
  ])("shows %j", (text, lines) => {
    const window = new LogWindow(20);
    for (const character of text) window.write(character);
    expect(window.lines().map((line) => line.trimEnd())).toEqual(lines);
  });
});

describe("raw JSON", () => {
  it("is what buildx writes, but for a field that our builder has not", () => {
    const display = new RawJsonDisplay();
    for (const { status } of recordedStatuses("bad")) display.update(status);
    const rounded = (text: string): string =>
      text
        .replaceAll(',"name":"transferring"', "")
        // As far as a number of milliseconds goes.
        .replace(/(\d\d\.\d{1,5})\d*Z/g, "$1Z")
        .replace(/\.(\d*?)0*Z/g, ".$1Z");
    const lines = (text: string): readonly string[] => rounded(text).trim().split("\n");
    const recorded = lines(readRecording("bad.statuses"));
    expect(lines(display.draw()).length).toBe(recorded.length);
    expect(lines(recordedText()).slice(0, 3)).toEqual(recorded.slice(0, 3));
  });
});

function recordedText(): string {
  const display = new RawJsonDisplay();
  for (const { status } of recordedStatuses("bad")) display.update(status);
  return display.finish();
}
