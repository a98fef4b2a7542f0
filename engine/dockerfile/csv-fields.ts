/** One line of comma-separated values, fields quoted where they hold a comma: Go's `encoding/csv` for a single record. */
import { EngineError } from "../base/errors.ts";

/** @throws EngineError in Go's words, without who asked */
export function parseCsvFields(line: string): readonly string[] {
  if (line === "") throw new EngineError("invalid-argument", "EOF");
  const fields: string[] = [];
  let position = 0;
  for (;;) {
    const { field, end } = line[position] === '"' ? quotedField(line, position) : plainField(line, position);
    fields.push(field);
    if (end >= line.length) return fields;
    position = end + 1;
    if (position === line.length) return [...fields, ""];
  }
}

function plainField(line: string, start: number): { field: string; end: number } {
  const comma = line.indexOf(",", start);
  const end = comma < 0 ? line.length : comma;
  const quoteAt = line.slice(start, end).indexOf('"');
  if (quoteAt >= 0) throw parseError(start + quoteAt, 'bare " in non-quoted-field');
  return { field: line.slice(start, end), end };
}

function quotedField(line: string, start: number): { field: string; end: number } {
  let [field, position] = ["", start + 1];
  for (;;) {
    const end = line.indexOf('"', position);
    if (end < 0) throw parseError(position, 'extraneous or missing " in quoted-field');
    field += line.slice(position, end);
    position = end + 1;
    if (position === line.length || line[position] === ",") return { field, end: position };
    if (line[position] !== '"') throw parseError(end, 'extraneous or missing " in quoted-field');
    // Two stand for one.
    field += '"';
    position += 1;
  }
}

function parseError(index: number, message: string): EngineError {
  return new EngineError("invalid-argument", `parse error on line 1, column ${index + 1}: ${message}`);
}
