import { beforeEach, expect, test } from "vitest";
import { useElementPage } from "../../testing/element-page.ts";

const on = useElementPage();

/** One terminal of 800 by 400 pixels; what it sends is kept in `sent`. */
beforeEach(async () => {
  await on.page.evaluate(async () => {
    const terminal = document.createElement("dd-terminal");
    terminal.style.cssText = "width: 800px; height: 400px";
    const sent: number[] = [];
    terminal.addEventListener("terminal-input", (event) => {
      for (const byte of (event as CustomEvent<Uint8Array>).detail) sent.push(byte);
    });
    Object.assign(window, { terminal, sent });
    document.body.append(terminal);
    await terminal.updateComplete;
  });
});

const write = (data: string) =>
  on.page.evaluate((text) => document.querySelector("dd-terminal")?.write(new TextEncoder().encode(text)), data);
const text = () => on.page.evaluate(() => document.querySelector("dd-terminal")?.text());
const sent = () =>
  on.page.evaluate(() => new TextDecoder().decode(Uint8Array.from((window as unknown as { sent: number[] }).sent)));
const cells = (row: number) =>
  on.page
    .locator(".xterm-rows > div")
    .nth(row)
    .evaluate((line) =>
      [...line.querySelectorAll("span")].map((span) => ({
        text: span.textContent,
        style: span.getAttribute("style") ?? "",
      })),
    );

test("text is given with its scrollback, lines joined where only the width broke them", async () => {
  const long = "x".repeat(150);
  await write(Array.from({ length: 60 }, (_, n) => `line ${n}`).join("\r\n") + `\r\n${long}\r\nend   `);
  const lines = (await text())?.split("\n") ?? [];
  expect(lines[0]).toBe("line 0");
  expect(lines.at(-2)).toBe(long);
  expect(lines.at(-1)).toBe("end");
});

test("ten thousand lines of scrollback are kept, and no more", async () => {
  await write(Array.from({ length: 12_000 }, (_, n) => `line ${n}`).join("\r\n"));
  const lines = (await text())?.split("\n") ?? [];
  expect(lines.length).toBeGreaterThanOrEqual(10_000);
  expect(lines.length).toBeLessThan(10_100);
  expect(lines.at(-1)).toBe("line 11999");
});

test("UTF-8 cut anywhere, and wide characters, come out whole", async () => {
  await on.page.evaluate(async () => {
    for (const byte of new TextEncoder().encode("é 漢字 한국어 🚢|"))
      await document.querySelector("dd-terminal")?.write(Uint8Array.of(byte));
  });
  expect(await text()).toBe("é 漢字 한국어 🚢|");
  // Two columns each: é, blank, 4, blank, 6, blank, 2 → the bar is in column 17.
  await write("\x1b[6n");
  expect(await sent()).toBe("\x1b[1;18R");
});

test("24-bit colours are shown as they are", async () => {
  await write("\x1b[38;2;12;200;77mgreen\x1b[0m");
  const [first] = await cells(0);
  expect(first).toMatchObject({ text: "green" });
  expect(first?.style).toMatch(/#0cc84d|rgb\(12, 200, 77\)/);
});

test("keys arrive as the bytes a terminal sends", async () => {
  await on.page.evaluate(() => document.querySelector("dd-terminal")?.focus());
  await on.page.keyboard.type("ls é");
  await on.page.keyboard.press("ArrowUp");
  await on.page.keyboard.press("Control+c");
  await on.page.keyboard.press("Tab");
  expect(await sent()).toBe("ls é\x1b[A\x03\t");
});

test("F6 and the page's chords are not sent to the shell", async () => {
  await on.page.evaluate(() => {
    const terminal = document.querySelector("dd-terminal");
    terminal?.addEventListener("terminal-leave", () => (document.title = "left"));
    terminal?.focus();
  });
  await on.page.keyboard.press("F6");
  await on.page.keyboard.press("Alt+Shift+T");
  expect(await sent()).toBe("");
  expect(await on.page.title()).toBe("left");
});

test("a paste is bracketed when the program asks for it, and a megabyte of it arrives whole", async () => {
  await write("\x1b[?2004h");
  const size = await on.page.evaluate(async () => {
    const terminal = document.querySelector("dd-terminal");
    terminal?.focus();
    const data = new DataTransfer();
    data.setData("text/plain", "0123456789abcde\n".repeat(65_536));
    const area = terminal?.shadowRoot?.querySelector("textarea");
    area?.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    return (window as unknown as { sent: number[] }).sent.length;
  });
  expect(size).toBe((1 << 20) + 12);
  const text = await sent();
  expect(text.startsWith("\x1b[200~0123456789abcde\r0123")).toBe(true);
  expect(text.endsWith("\r\x1b[201~")).toBe(true);
});

test("Ctrl+Shift+C copies the selection", async () => {
  await on.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await write("first second");
  const box = await on.page.locator(".xterm-screen").boundingBox();
  await on.page.mouse.dblclick((box?.x ?? 0) + 20, (box?.y ?? 0) + 8);
  await on.page.keyboard.press("Control+Shift+C");
  await expect.poll(() => on.page.evaluate(() => navigator.clipboard.readText())).toBe("first");
  expect(await sent()).toBe("");
});

test("a program cannot read or write the clipboard (OSC 52)", async () => {
  await on.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await on.page.evaluate(() => navigator.clipboard.writeText("untouched"));
  await write(`\x1b]52;c;${Buffer.from("stolen").toString("base64")}\x07\x1b]52;c;?\x07`);
  expect(await on.page.evaluate(() => navigator.clipboard.readText())).toBe("untouched");
  expect(await sent()).toBe("");
});

test("web addresses open in a new tab that cannot reach back; other schemes do not open", async () => {
  await on.page.evaluate(() => {
    window.open = (...call: unknown[]) => {
      document.title = JSON.stringify(call);
      return null;
    };
  });
  await write("https://example.org/a \x1b]8;;javascript:alert(1)\x07named\x1b]8;;\x07");
  const box = await on.page.locator(".xterm-screen").boundingBox();
  const click = async (column: number) => {
    await on.page.mouse.move((box?.x ?? 0) + column * 8.4, (box?.y ?? 0) + 8);
    await on.page.waitForTimeout(150);
    await on.page.mouse.click((box?.x ?? 0) + column * 8.4, (box?.y ?? 0) + 8);
  };
  await click(26);
  expect(await on.page.title()).toBe("Elements under test");
  await click(6);
  await expect.poll(() => on.page.title()).toBe('["https://example.org/a","_blank","noopener,noreferrer"]');
});

test("the size follows the element, and is told", async () => {
  const before = await on.page.evaluate(() => document.querySelector("dd-terminal")?.size);
  const told = on.page.evaluate(
    () =>
      new Promise((resolve) =>
        document.addEventListener("terminal-resize", (event) => resolve((event as CustomEvent).detail), { once: true }),
      ),
  );
  await on.page.evaluate(() => document.querySelector("dd-terminal")?.style.setProperty("width", "400px"));
  const after = (await told) as { columns: number; rows: number };
  expect(after.columns).toBeLessThan((before?.columns ?? 0) / 1.8);
  expect(after.rows).toBe(before?.rows);
});

test("a title set by a program is told", async () => {
  await on.page.evaluate(() =>
    document.addEventListener("terminal-title", (event) => (document.title = (event as CustomEvent<string>).detail)),
  );
  await write("\x1b]2;vi notes.txt\x07");
  expect(await on.page.title()).toBe("vi notes.txt");
});

test("with screen reader support the lines are in the accessibility tree", async () => {
  expect(await on.page.locator(".xterm-accessibility-tree").count()).toBe(0);
  await on.page.evaluate(async () => {
    const terminal = document.querySelector("dd-terminal");
    if (terminal) terminal.isScreenReader = true;
    await terminal?.updateComplete;
    await terminal?.write("read me");
  });
  await expect.poll(() => on.page.locator(".xterm-accessibility-tree").textContent()).toContain("read me");
});
