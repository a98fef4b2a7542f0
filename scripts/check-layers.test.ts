import { describe, expect, it } from "vitest";
import { findLayerViolations } from "./check-layers.ts";

const file = (path: string, ...imports: string[]) => ({
  path,
  text: imports.map((name) => `import { x } from "${name}";`).join("\n"),
});

describe("the layer check", () => {
  it("finds an import that the table does not allow", () => {
    expect(findLayerViolations([file("engine/base/a.ts", "../oci/digest.ts")])).toEqual([
      "engine/base/a.ts: engine/base/ may not import engine/oci/ (../oci/digest.ts)",
    ]);
  });

  it("finds imports over several lines, re-exports and dynamic imports", () => {
    const text = `import {\n  a,\n  b,\n} from "../containers/container.ts";\nexport * from "../images/x.ts";\nawait import("../api/router.ts");`;
    expect(findLayerViolations([{ path: "engine/base/a.ts", text }])).toHaveLength(3);
  });

  it("finds a package outside its owner's folder", () => {
    expect(findLayerViolations([file("engine/api/a.ts", "v86"), file("web/a.ts", "idb-keyval")])).toHaveLength(2);
  });

  it("lets web/ through the engine's one door only", () => {
    expect(findLayerViolations([file("web/a.ts", "../engine/index.ts")])).toEqual([]);
    expect(findLayerViolations([file("web/a.ts", "../engine/api/app.ts")])).toHaveLength(1);
  });

  it("accepts what the table lists", () => {
    expect(findLayerViolations([file("engine/oci/a.ts", "../base/errors.ts", "./digest.ts", "hash-wasm")])).toEqual([]);
  });
});
