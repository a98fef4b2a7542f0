import { expect, test } from "vitest";
import type { BootProgress } from "../../../engine/index.ts";
import { useElementPage } from "../../testing/element-page.ts";

const on = useElementPage();

/** Shows a boot that has reported this; resolves with its lines, `✓` before finished ones and `›` before the current one. */
function show(...reported: BootProgress[]): Promise<string[]> {
  return on.page.evaluate(async (progress) => {
    const boot = document.createElement("dd-boot");
    boot.progress = new Map(progress.map((each) => [each.step, each]));
    document.body.replaceChildren(boot);
    await boot.updateComplete;
    return [...(boot.shadowRoot?.querySelectorAll("li") ?? [])].map((line) => {
      const sign = line.querySelector("svg") ? "✓" : line.ariaCurrent === "step" ? "›" : " ";
      const [name = ""] = (line.children[1]?.textContent ?? "").split(",");
      return `${sign} ${name} ${line.querySelector(".bytes")?.textContent ?? ""}`.trimEnd();
    });
  }, reported);
}

test("a boot from a snapshot has no kernel to fetch", async () => {
  expect(
    await show(
      { step: "storage" },
      { step: "emulator" },
      { step: "snapshot", loadedBytes: 2_500_000, totalBytes: 5_000_000 },
    ),
  ).toEqual([
    "✓ Open this browser's storage",
    "✓ Load the emulator",
    "› Fetch the machine 2.5 MB of 5 MB",
    "  Wake the machine",
    "  Start the container engine",
    "  Open a shell",
  ]);
});

test("when the snapshot does not fit, the steps are those of a cold boot", async () => {
  const lines = await show(
    { step: "snapshot" },
    { step: "kernel", loadedBytes: 100, totalBytes: 100 },
    { step: "boot" },
  );
  expect(lines).toEqual([
    "✓ Open this browser's storage",
    "✓ Load the emulator",
    "✓ Fetch the kernel 100 B",
    "› Boot Linux",
    "  Start the container engine",
    "  Open a shell",
  ]);
});

test("without a known size the bytes so far are shown", async () => {
  expect(await show({ step: "kernel", loadedBytes: 1_234_567 })).toContain("› Fetch the kernel 1.23 MB");
});
