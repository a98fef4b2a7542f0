/** Findings of the build checks as the frontend answers `frontend.lint` (BuildKit's `frontend/subrequests/lint`). */
import { encodeBase64 } from "../base/base64.ts";
import { encodeUtf8 } from "../base/streams.ts";
import type { VertexWarning } from "../build/build-status.ts";

const SHORT = /^(\w+): (.*?)(?: \(line \d+\))?$/s;

/** What is told about the result: the findings as JSON, which `docker build --check` words, and the exit code. */
export function lintMetadata(warnings: readonly VertexWarning[]): readonly (readonly [string, string | Uint8Array])[] {
  const [first] = warnings;
  const sources = first?.source && [
    { filename: first.source.fileName, data: encodeBase64(encodeUtf8(first.source.data)), language: "Dockerfile" },
  ];
  const findings = warnings.map(({ short, detail, url, source }) => {
    const [, ruleName = short, message = short] = SHORT.exec(short) ?? [];
    return {
      ruleName,
      description: detail[0] ?? "",
      url,
      detail: message,
      location: {
        ranges: source?.ranges.map(({ start, end }) => ({ start: { line: start }, end: { line: end } })) ?? [],
      },
    };
  });
  return [
    ["result.json", encodeUtf8(JSON.stringify({ warnings: findings, sources: sources ?? [] }))],
    ["result.txt", encodeUtf8(findings.map(({ ruleName, detail }) => `${ruleName}: ${detail}\n`).join(""))],
    ["result.statuscode", encodeUtf8(findings.length === 0 ? "0" : "1")],
    ["version", encodeUtf8("1.0.0")],
  ];
}
