/**
 * Builds the cases with a real Docker (with BuildKit, and with our busybox and debian) and writes down what they gave.
 *
 *   DOCKER_HOST=unix://… node --import tsx engine/conformance/builds/record.ts [GROUP|CASE …]
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { GROUPS } from "./cases/all.ts";
import { buildWithDocker } from "./real-docker.ts";
import { readRecording, recordingFile, type RecordedBuild } from "./recorded-build.ts";

const wanted = process.argv.slice(2);
for (const { name, cases } of GROUPS) {
  const file = recordingFile(name);
  const chosen = cases.filter((build) => wanted.length === 0 || wanted.includes(name) || wanted.includes(build.name));
  if (chosen.length === 0) continue;
  const known = await readRecording(name).catch((): Record<string, RecordedBuild> => ({}));
  const made = new Map(Object.entries(known));
  for (const build of chosen) {
    const record = await buildWithDocker(build);
    made.set(build.name, record);
    console.log(`${name}/${build.name}: ${record.error ?? `${record.layers?.length} layers`}`);
  }
  // The file is written whole, in the order of the cases.
  const sorted = Object.fromEntries(
    cases.flatMap((build) => (made.has(build.name) ? [[build.name, made.get(build.name)]] : [])),
  );
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(sorted, undefined, 1)}\n`);
}
