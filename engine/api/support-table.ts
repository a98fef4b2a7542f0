import { type Support, SUPPORT } from "./support.ts";

const INTRODUCTION = `# What of Docker's Engine API there is

Made from \`engine/api/support.ts\` by \`node --import tsx engine/conformance/write-support-table.ts\`; a test keeps it so, and another compares it with Docker's list of operations (API 1.50). *full*: as Docker does it. *partial*: with the difference that is
named. *none*: answered with status 501 and a message that says so.
`;

/** Markdown: a table for each area. */
export function supportTable(): string {
  const areas = new Map<string, string[]>();
  for (const [operation, support] of Object.entries(SUPPORT)) {
    const area = areaOf(operation);
    areas.set(area, [...(areas.get(area) ?? []), row(operation, support)]);
  }
  const sections = [...areas].map(
    ([area, rows]) => `## ${area}\n\n| operation | support |\n|---|---|\n${rows.join("\n")}\n`,
  );
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

function row(operation: string, support: Support): string {
  return `| \`${operation}\` | ${typeof support === "string" ? support : `partial: ${support.partial}`} |`;
}

function areaOf(operation: string): string {
  const path = operation.split(" ")[1] ?? "";
  const first = path.split("/")[1] ?? "";
  const area = ["_ping", "version", "info", "events", "auth"].includes(first) ? "system" : first;
  return area.charAt(0).toUpperCase() + area.slice(1);
}
