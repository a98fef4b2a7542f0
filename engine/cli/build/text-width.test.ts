import { describe, expect, it } from "vitest";
import { cutToWidth, padToWidth, textWidth } from "./text-width.ts";

describe("the width of text in a terminal", () => {
  it("is two columns for Hangul, kana, ideographs and emoji, one for Latin, none for what combines", () => {
    expect(textWidth("make")).toBe(4);
    expect(textWidth("안녕")).toBe(4);
    expect(textWidth("かな漢字")).toBe(8);
    expect(textWidth("😀é")).toBe(3);
    expect(textWidth("e\u0301")).toBe(1);
  });

  it("cuts before a character that has no room", () => {
    expect(cutToWidth("abcdef", 3)).toBe("abc");
    expect(cutToWidth("a안녕", 4)).toBe("a안");
    expect(cutToWidth("😀😀", 3)).toBe("😀");
    expect(cutToWidth("안", -1)).toBe("");
  });

  it("fills up with blanks", () => {
    expect(padToWidth("안", 4)).toBe("안  ");
    expect(padToWidth("long", 2)).toBe("long");
  });
});
