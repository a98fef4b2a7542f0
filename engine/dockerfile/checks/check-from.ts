import { EngineError } from "../../base/errors.ts";
import type { Dockerfile, FromInstruction } from "../dockerfile.ts";
import { expandWord } from "../expand-word.ts";
import { globalArgs } from "../global-args.ts";
import { quote } from "../go-text.ts";
import { invalidReference } from "../image-reference.ts";
import { parsePlatform } from "../platform-name.ts";
import type { PlatformParts } from "../predefined-args.ts";
import { didYouMean } from "../suggest.ts";
import type { CheckReport } from "./check-report.ts";

type Values = ReadonlyMap<string, string>;

/** InvalidDefaultArgInFrom: with no build argument given, every `FROM` names something. @param platform see `platformArgs` */
export function checkDefaultBases(dockerfile: Dockerfile, platform: Values, report: CheckReport): void {
  try {
    const values = globalArgs(dockerfile, platform);
    for (const { from } of dockerfile.stages) {
      const { result } = expandMatching(from.image, values, dockerfile.directives.escape);
      if (invalidReference(result) === undefined) continue;
      report.add(
        "InvalidDefaultArgInFrom",
        from.range,
        `Default value for ARG ${from.image} results in empty or invalid base image name`,
      );
    }
  } catch {
    // The build fails at this word, and says so itself.
  }
}

/** What a `FROM` is expanded with. */
export interface FromScope {
  /** See `globalArgs`. */
  readonly values: Values;
  /** Names that an `ARG` declares, with a value or without. */
  readonly declared: ReadonlySet<string>;
  readonly escape: string;
  readonly target: PlatformParts;
}

/**
 * UndefinedArgInFrom, RedundantTargetPlatform, FromPlatformFlagConstDisallowed.
 *
 * @returns the base's name
 * @throws EngineError for a malformed word
 */
export function checkFrom(from: FromInstruction, scope: FromScope, report: CheckReport): string {
  const base = expandMatching(from.image, scope.values, scope.escape);
  reportUndeclared(base.unmatched, from, { scope, report });
  if (base.result === "") throw invalid(`base name (${from.image}) should not be blank`);
  checkPlatform(from, scope, report);
  return base.result;
}

/** What BuildKit says of the name of an image that no earlier stage has. @throws EngineError */
export function checkBaseName(name: string): void {
  const problem = invalidReference(name);
  if (problem !== undefined) throw invalid(`failed to parse stage name ${quote(name)}: ${problem}`);
}

function checkPlatform(from: FromInstruction, scope: FromScope, report: CheckReport): void {
  if (from.platform === undefined) return;
  const platform = expandMatching(from.platform, scope.values, scope.escape);
  reportUndeclared(platform.unmatched, from, { scope, report });
  if (isTargetPlatform(platform, scope.values))
    report.add(
      "RedundantTargetPlatform",
      from.range,
      `Setting platform to predefined ${from.platform} in FROM is redundant as this is the default behavior`,
    );
  if (isConstant(platform) && !isNamedAfter(from, platform.result, scope.target))
    report.add(
      "FromPlatformFlagConstDisallowed",
      from.range,
      `FROM --platform flag should not use constant value ${quote(platform.result)}`,
    );
  if (platform.result === "") throw invalid(`empty platform value from expression ${from.platform}`);
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}

interface Expanded {
  readonly result: string;
  readonly matched: ReadonlySet<string>;
  readonly unmatched: ReadonlySet<string>;
}

function expandMatching(word: string, values: Values, escape: string): Expanded {
  const [matched, unmatched] = [new Set<string>(), new Set<string>()];
  const result = expandWord(word, (name) => values.get(name), {
    escape,
    onVariable: (name, value) => (value === undefined ? unmatched : matched).add(name),
  });
  return { result, matched, unmatched };
}

function reportUndeclared(
  names: ReadonlySet<string>,
  from: FromInstruction,
  { scope, report }: { readonly scope: FromScope; readonly report: CheckReport },
): void {
  const known = new Set([...scope.declared, ...scope.values.keys()]);
  for (const name of names) {
    if (known.has(name)) continue;
    const message = `FROM argument '${name}' is not declared${didYouMean(name, known)}`;
    report.add("UndefinedArgInFrom", from.range, message);
  }
}

/** It is `$TARGETPLATFORM` and nothing else. */
function isTargetPlatform({ result, matched, unmatched }: Expanded, values: Values): boolean {
  const isAlone = matched.size === 1 && unmatched.size === 0 && matched.has("TARGETPLATFORM");
  return isAlone && result === values.get("TARGETPLATFORM");
}

function isConstant({ result, matched, unmatched }: Expanded): boolean {
  return result !== "" && matched.size === 0 && unmatched.size === 0;
}

/** A stage whose name tells its platform means it. One whose platform is malformed has worse to complain of. */
function isNamedAfter({ as = "" }: FromInstruction, platform: string, here: PlatformParts): boolean {
  const parts = parsePlatform(platform, here);
  return parts === undefined || as.includes(parts.os) || as.includes(parts.architecture);
}
