import { describe, expect, it } from "vitest";
import { alignTabs } from "./tabwriter.ts";

describe("alignTabs", () => {
  it.each([
    ["ID\tNAME\nabc\tx", "ID        NAME\nabc       x"],
    ["CONTAINER ID\tIMAGE\nf1\tbusybox", "CONTAINER ID   IMAGE\nf1             busybox"],
    ["a\t\tb", "a                   b"],
    ["a\tb\t", "a         b         "],
    ["é…\tx\nlonger than ten\ty", "é…                x\nlonger than ten   y"],
    ["plain", "plain"],
    ["", ""],
  ])("%j becomes %j", (text, aligned) => {
    expect(alignTabs(text)).toBe(aligned);
  });

  it("begins a column anew after a line without it", () => {
    expect(alignTabs("a long first cell\tx\nnone\nb\ty")).toBe("a long first cell   x\nnone\nb         y");
  });

  it("keeps columns to the left while those to the right come and go", () => {
    expect(alignTabs("aaaaaaaaaaaa\tb\tc\nd\te\nf\tg\th")).toBe(
      "aaaaaaaaaaaa   b         c\nd              e\nf              g         h",
    );
  });
});
