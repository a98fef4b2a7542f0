import { describe, expect, it } from "vitest";
import { goFileMode } from "./file-mode.ts";

describe("a mode as Go has it", () => {
  it.each([
    ["a file", 0o100644, 0o644],
    ["a directory", 0o040755, 2_147_484_141],
    ["a symlink", 0o120777, 134_218_239],
    ["a fifo", 0o010600, 2 ** 25 + 0o600],
    ["a terminal", 0o020620, 2 ** 26 + 2 ** 21 + 0o620],
    ["a disk", 0o060660, 2 ** 26 + 0o660],
    ["a socket", 0o140777, 2 ** 24 + 0o777],
    ["/tmp", 0o041777, 2 ** 31 + 2 ** 20 + 0o777],
    ["a program with set-user-id and set-group-id", 0o106755, 2 ** 23 + 2 ** 22 + 0o755],
  ])("is right for %s", (_, mode, expected) => {
    expect(goFileMode(mode)).toBe(expected);
  });
});
