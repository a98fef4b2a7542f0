import { encodeBase64 } from "../../base/base64.ts";
import { encodeUtf8 } from "../../base/streams.ts";
import { encodeGoJson } from "../../wire/go-json.ts";
import type { VertexWarningModel } from "../../wire/build-status.ts";
import { formatSource } from "./source-excerpt.ts";

const YELLOW = "\u001b[33m";
const RESET = "\u001b[0m";

/** Each once, whatever step it came with. */
export function distinctWarnings(warnings: readonly VertexWarningModel[]): readonly VertexWarningModel[] {
  const seen = new Map(
    warnings.map((warning) => [JSON.stringify([warning.short, warning.detail, warning.url, warning.source]), warning]),
  );
  return [...seen.values()];
}

/** What stands below a build that has warnings; with `--debug` all that is known about them. */
export function formatWarnings(warnings: readonly VertexWarningModel[], options: { readonly debug: boolean }): string {
  if (warnings.length === 0) return "";
  const count = warnings.length === 1 ? "1 warning found" : `${warnings.length} warnings found`;
  const hint = options.debug ? "" : " (use docker --debug to expand)";
  const items = warnings.map((warning) => {
    const more = options.debug ? expanded(warning) : "";
    return ` - ${warning.short}\n${more}`;
  });
  return `\n ${YELLOW}${count}${hint}:\n${RESET}${items.join("")}`;
}

function expanded({ detail, url, source }: VertexWarningModel): string {
  const lines = detail.map((line) => `${line}\n`).join("");
  return `${lines}${url === "" ? "" : `More info: ${url}\n`}${source === undefined ? "" : formatSource(source)}\n`;
}

/** The report of `--check`, warnings in the order of the file (`frontend/subrequests/lint`). */
export function formatCheckReport(warnings: readonly VertexWarningModel[]): string {
  if (warnings.length === 0) return "Check complete, no warnings found.\n";
  const count = warnings.length === 1 ? "1 warning has been found!" : `${warnings.length} warnings have been found!`;
  const line = ({ source }: VertexWarningModel): number => source?.ranges[0]?.start ?? 0;
  const items = warnings
    .toSorted((a, b) => line(a) - line(b))
    .map((warning) => {
      const { rule, message } = splitShort(warning.short);
      const link = warning.url === "" ? "" : ` - ${warning.url}`;
      return `\nWARNING: ${rule}${link}\n${message}\n${warning.source === undefined ? "" : formatSource(warning.source)}`;
    });
  return `Check complete, ${count}\n${items.join("")}`;
}

/** `--call check,format=json` */
export function formatCheckJson(warnings: readonly VertexWarningModel[]): string {
  const sources = new Map(
    warnings.flatMap(({ source }) => (source === undefined ? [] : [[source.fileName, source] as const])),
  );
  const names = [...sources.keys()];
  const report = {
    warnings: warnings.map(({ short, detail, url, source }) => {
      const { rule, message } = splitShort(short);
      const ranges = source?.ranges.map(({ start, end }) => ({ start: { line: start }, end: { line: end } })) ?? [];
      const index = source === undefined ? -1 : names.indexOf(source.fileName);
      return {
        ...(rule !== "" && { ruleName: rule }),
        description: detail[0] ?? "",
        ...(url !== "" && { url }),
        detail: message,
        location: { ...(index !== 0 && { sourceIndex: index }), ranges },
      };
    }),
    sources: [...sources.values()].map(({ fileName, data }) => ({
      filename: fileName,
      data: encodeBase64(encodeUtf8(data)),
      language: "Dockerfile",
    })),
  };
  return `${encodeGoJson(report, "  ")}\n`;
}

/** `Rule: what is wrong (line 3)`, taken apart. */
function splitShort(short: string): { readonly rule: string; readonly message: string } {
  const [, rule = "", message = short] = /^([A-Z]\w+): (.*?)(?: \(line \d+\))?$/s.exec(short) ?? [];
  return { rule, message };
}
