import { describe, expect, it } from "vitest";
import { binarySize, humanSize, parseBinarySize } from "./sizes.ts";

describe("sizes", () => {
  it.each([
    [0, 4, "0B"],
    [999, 4, "999B"],
    [3678, 4, "3.678kB"],
    [345_432, 4, "345.4kB"],
    [1_141_440, 4, "1.141MB"],
    [5_211_230, 3, "5.21MB"],
    [762_296, 3, "762kB"],
    [1_000_000, 4, "1MB"],
    [999_999, 4, "1000kB"],
    [999_999, 3, "1e+03kB"],
  ])("writes %d with %d digits as %s", (bytes, digits, text) => {
    expect(humanSize(bytes, digits)).toBe(text);
  });

  it.each([
    [872_448, "852KiB"],
    [25_276_514_304, "23.54GiB"],
    [268_435_456, "256MiB"],
  ])("writes %d in binary as %s", (bytes, text) => {
    expect(binarySize(bytes)).toBe(text);
  });

  it.each([
    ["64m", 67_108_864],
    ["1k", 1024],
    ["1.5GiB", 1_610_612_736],
    ["10 MB", 10_485_760],
    ["12", 12],
    ["12b", 12],
    [".5k", 512],
  ])("reads %s as %d", (text, bytes) => {
    expect(parseBinarySize(text)).toBe(bytes);
  });

  it.each([
    ["q", "invalid size: 'q'"],
    ["1x", "invalid suffix: 'x'"],
    ["1kib2", 'strconv.ParseFloat: parsing "1kib2": invalid syntax'],
    ["1mibs", "invalid suffix: 'mibs'"],
    ["1ki", "invalid suffix: 'ki'"],
    ["-1", "invalid size: '-1'"],
    ["", "invalid size: ''"],
  ])("refuses %s", (text, message) => {
    expect(() => parseBinarySize(text)).toThrow(message);
  });
});
