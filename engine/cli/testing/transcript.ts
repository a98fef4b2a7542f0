import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { EngineFetch } from "../../api/app.ts";
import { type ApiScript, ScriptedApi } from "./scripted-api.ts";
import { FakeTerminal, type FakeTerminalOptions } from "./fake-terminal.ts";

/** A command line as a person types it, or with what surrounds it. */
export type Step = string | ({ readonly command: string } & FakeTerminalOptions);

const TESTDATA = join(dirname(fileURLToPath(import.meta.url)), "..", "testdata");

/** Runs the commands one after the other and writes down what a person would see; stderr is marked with `2| `. */
export async function transcript(app: EngineFetch, steps: readonly Step[]): Promise<string> {
  let text = "";
  for (const step of steps) {
    const { command, ...options } = typeof step === "string" ? { command: step } : step;
    const { exitCode, stdout, stderr } = await new FakeTerminal(app, options).docker(...splitWords(command));
    text += `$ docker ${command}\n${visible(stdout)}${visible(stderr, "2| ")}[exit ${exitCode}]\n\n`;
  }
  return text;
}

/** As {@link transcript}, on an API made of answers, each line of `> ` what it was asked. */
export async function scriptedTranscript(script: ApiScript, steps: readonly Step[]): Promise<string> {
  let text = "";
  for (const step of steps) {
    const { command, ...options } = typeof step === "string" ? { command: step } : step;
    const api = new ScriptedApi(script);
    const terminal = new FakeTerminal(api.fetch, options);
    const { exitCode, stdout, stderr } = await terminal.docker(...splitWords(command));
    const asked = api.requests.map((request) => `> ${request}\n`).join("");
    text += `$ docker ${command}\n${asked}${visible(stdout)}${visible(stderr, "2| ")}[exit ${exitCode}]\n\n`;
  }
  return text;
}

/** Compares with `testdata/<name>.golden`; `UPDATE_GOLDENS=1` writes it instead. */
export function expectGolden(name: string, actual: string): void {
  const path = join(TESTDATA, `${name}.golden`);
  if (process.env["UPDATE_GOLDENS"] === "1") {
    mkdirSync(TESTDATA, { recursive: true });
    writeFileSync(path, actual);
  }
  expect(actual).toBe(readFileSync(path, "utf8"));
}

/** Words of a shell line: blanks separate, quotes hold together. */
export function splitWords(line: string): readonly string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ""),
  );
}

/** Every line with the mark in front; a last line without its newline ends in `⏎`-less `\`, escapes are spelled out. */
function visible(output: string, mark = ""): string {
  if (output === "") return "";
  const spelled = output.replaceAll("\u001b", "\\e").replaceAll("\r", "\\r");
  const lines = spelled.endsWith("\n") ? spelled.slice(0, -1).split("\n") : `${spelled}\\`.split("\n");
  return lines.map((line) => `${mark}${line}\n`).join("");
}
