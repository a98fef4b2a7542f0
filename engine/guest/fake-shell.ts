import { chunksOf, decodeUtf8 } from "../base/streams.ts";
import type { FakeOutcome, FakeProcess } from "./fake-process.ts";

/**
 * A script for {@link FakeGuest.onStart} that knows just enough shell for the tests every guest passes: `echo`, `cat`, `exit`,
 * `sleep`, `read line`, `stty size`, `true`, `false`.
 */
export async function fakeShell(process: FakeProcess): Promise<FakeOutcome> {
  const commands = (process.argv[2] ?? "").split(";").map((command) => command.trim());
  let line = "";
  for (const command of commands) {
    const [word, ...rest] = command.split(" ");
    const text = rest.join(" ").replace("$line", line);
    const end = process.size === undefined ? "\n" : "\r\n";
    if (word === "echo" && text.endsWith(" >&2")) await process.stderr(text.slice(0, -4) + end);
    else if (word === "echo") await process.stdout(text + end);
    else if (word === "exit") return { exit: Number(text) };
    else if (word === "false") return { exit: 1 };
    else if (word === "sleep") await process.ended;
    else if (word === "read") line = await readLine(process);
    else if (word === "stty") await process.stdout(`${process.size?.rows} ${process.size?.columns}${end}`);
    else if (word === "cat") for await (const chunk of chunksOf(process.stdin)) await process.stdout(chunk);
    else if (word !== "true") return { exit: 127, stderr: `sh: ${word}: not found\n` };
  }
  return {};
}

async function readLine(process: FakeProcess): Promise<string> {
  let text = "";
  for await (const chunk of chunksOf(process.stdin)) {
    text += decodeUtf8(chunk);
    const end = text.search(/[\r\n]/);
    if (end >= 0) return text.slice(0, end);
  }
  return text;
}
