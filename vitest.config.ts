import { defineConfig } from "vitest/config";

/** Four speeds: unit (no kernel), element (Chromium), guest (boots v86 under Node), e2e (Chromium and v86). */
const project = (name: string, include: string[], options: { exclude?: string[]; timeoutMs?: number } = {}) => ({
  test: {
    // The default of a second is too short for a browser on a busy machine.
    expect: { poll: { timeout: (options.timeoutMs ?? 10_000) / 2 } },
    name,
    include,
    exclude: ["node_modules/**", "dist/**", ".cache/**", ...(options.exclude ?? [])],
    // Where machines are shared, what fails by chance is tried again, and reported as such; nothing that fails twice passes.
    retry: process.env["CI"] !== undefined && options.timeoutMs !== undefined ? 1 : 0,
    testTimeout: options.timeoutMs ?? 10_000,
    hookTimeout: options.timeoutMs ?? 10_000,
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project(
        "unit",
        ["engine/**/*.test.ts", "scripts/**/*.test.ts", "kernel-image/**/*.test.ts", "web/**/*.test.ts"],
        {
          exclude: ["**/*.guest.test.ts", "web/elements/**", "web/e2e/**"],
        },
      ),
      project("element", ["web/elements/**/*.test.ts"], { timeoutMs: 60_000 }),
      project("guest", ["**/*.guest.test.ts"], { timeoutMs: 120_000 }),
      project("e2e", ["web/e2e/**/*.test.ts"], { timeoutMs: 240_000 }),
    ],
  },
});
