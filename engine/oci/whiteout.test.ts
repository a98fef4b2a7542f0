import { describe, expect, test } from "vitest";
import { formatWhiteout, parseWhiteout } from "./whiteout.ts";

describe("whiteouts", () => {
  test("hide a name, or all of a directory", () => {
    expect(parseWhiteout(".wh.a")).toEqual({ kind: "whiteout", path: "a" });
    expect(parseWhiteout("etc/.wh.passwd")).toEqual({ kind: "whiteout", path: "etc/passwd" });
    expect(parseWhiteout("etc/.wh..hidden")).toEqual({ kind: "whiteout", path: "etc/.hidden" });
    expect(parseWhiteout(".wh..wh..opq")).toEqual({ kind: "opaque", path: "" });
    expect(parseWhiteout("var/cache/.wh..wh..opq")).toEqual({ kind: "opaque", path: "var/cache" });
  });

  test("ordinary files are not whiteouts", () => {
    for (const path of ["", "a", "etc/wh.a", "a.wh.b", ".wha", "dir.wh./b"])
      expect(parseWhiteout(path), path).toBeUndefined();
  });

  test("files of AUFS at the top are no files of the layer", () => {
    for (const path of [".wh..wh.plnk", ".wh..wh.plnk/1.2", ".wh..wh.aufs", ".wh..wh.orph/x"])
      expect(parseWhiteout(path), path).toEqual({ kind: "metadata" });
  });

  test("a whiteout of nothing, of `.` or of `..` is refused", () => {
    for (const path of [".wh.", "a/.wh..", "a/.wh..."])
      expect(() => parseWhiteout(path), path).toThrow("invalid whiteout");
  });

  test("formatting is the inverse", () => {
    for (const path of ["a", "etc/passwd", "etc/.hidden"])
      expect(parseWhiteout(formatWhiteout("whiteout", path))).toEqual({ kind: "whiteout", path });
    for (const path of ["", "var/cache"])
      expect(parseWhiteout(formatWhiteout("opaque", path))).toEqual({ kind: "opaque", path });
  });
});
