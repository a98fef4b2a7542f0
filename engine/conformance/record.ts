/**
 * Runs the scenarios against an engine's socket. With `--write`, what it answered becomes the recording that the tests compare with: do that
 * against a real Docker daemon that has our busybox and hello-world. Without, the differences to the recording are printed.
 *
 *   node --import tsx engine/conformance/record.ts --socket PATH [--write] [SCENARIO …]
 */
import { mkdir, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { dirname } from "node:path";
import { buffer } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { differences, readRecording, recordingFile } from "./recording.ts";
import { normalise } from "./normalise.ts";
import { Api, type Send } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/all.ts";

function overSocket(socketPath: string): Send {
  return ({ method, target, headers, body }) =>
    new Promise((resolve, reject) => {
      const length = { "content-length": String(body?.length ?? 0) };
      const sent = request({ socketPath, method, path: target, headers: { ...headers, ...length } }, (response) => {
        const fields = new Map(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
        buffer(response).then(
          (bytes) => resolve({ status: response.statusCode ?? 0, headers: fields, body: bytes }),
          reject,
        );
      });
      sent.on("error", reject).end(body);
    });
}

const { values, positionals } = parseArgs({
  options: { socket: { type: "string" }, write: { type: "boolean" } },
  allowPositionals: true,
});
if (values.socket === undefined) throw new Error("--socket PATH is missing");
for (const scenario of SCENARIOS) {
  if (positionals.length > 0 && !positionals.includes(scenario.name)) continue;
  const api = new Api(overSocket(values.socket));
  await scenario.run(api);
  const exchanges = normalise(api.exchanges);
  if (values.write === true) {
    const file = recordingFile(scenario.name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(exchanges, undefined, 1)}\n`);
    console.log(`${scenario.name}: ${exchanges.length} exchanges recorded`);
    continue;
  }
  const found = differences(await readRecording(scenario.name), exchanges);
  console.log(`${scenario.name}: ${exchanges.length} exchanges, ${found.length} differ`);
  for (const line of found) console.log(`  ${line}`);
}
