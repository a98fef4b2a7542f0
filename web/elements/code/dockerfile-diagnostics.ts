import "./node-globals.ts";
import { DockerfileLanguageServiceFactory } from "dockerfile-language-service";
import { checkBuild } from "../../../engine/dockerfile/check-dockerfile.ts";
import { DockerfileError } from "../../../engine/dockerfile/dockerfile-error.ts";
import { parseDockerfile } from "../../../engine/dockerfile/parse-dockerfile.ts";
import type { Finding } from "./finding.ts";

const IGNORED = 0;
/** What BuildKit's own checks say too, in the words that a build shows. */
const LEFT_TO_THE_CHECKS = {
  deprecatedMaintainer: IGNORED,
  directiveCasing: IGNORED,
  emptyContinuationLine: IGNORED,
  instructionCasing: IGNORED,
  instructionCmdMultiple: IGNORED,
  instructionEntrypointMultiple: IGNORED,
  instructionHealthcheckMultiple: IGNORED,
  instructionJSONInSingleQuotes: IGNORED,
  instructionWorkdirRelative: IGNORED,
};
/**
 * `ValidationCode`s of `dockerfile-utils` that are not believed: a stage's name given twice is a warning for BuildKit, and of flags the parser here
 * knows more.
 */
const NOT_BELIEVED: ReadonlySet<unknown> = new Set([10, 39, 40, 41, 42]);
const SEVERITIES = ["error", "error", "warning", "info", "info"] as const;

const service = DockerfileLanguageServiceFactory.createLanguageService();

/**
 * What is wrong with a Dockerfile: errors as the build will word them, warnings of the build checks, and of the language service what these do not
 * say. Where both find an error in an instruction, the words are the build's and the place is the service's, which knows the column.
 */
export function dockerfileFindings(text: string): readonly Finding[] {
  const own = ownFindings(text);
  const believed = service.validate(text, LEFT_TO_THE_CHECKS).filter(({ code }) => !NOT_BELIEVED.has(code));
  const others = believed.map(({ range, message, severity }): Finding => ({
    message,
    severity: SEVERITIES[severity ?? 1] ?? "error",
    startLine: range.start.line + 1,
    startColumn: range.start.character + 1,
    endLine: range.end.line + 1,
    endColumn: range.end.character + 1,
  }));
  const merged = own.map((finding) => {
    const same = others.find((other) => other.severity === finding.severity && isWithin(other, finding));
    return same ? { ...same, message: finding.message, ...(finding.link && { link: finding.link }) } : finding;
  });
  const isSaid = (other: Finding): boolean =>
    own.some((finding) => finding.severity === other.severity && isWithin(other, finding));
  return [...merged, ...others.filter((other) => !isSaid(other))];
}

function ownFindings(text: string): readonly Finding[] {
  try {
    const { warnings, errors } = checkBuild(parseDockerfile(text), { text });
    return [
      ...errors.map((error) => wholeLines(error.range, withoutPlace(error.message), "error")),
      ...warnings.flatMap(({ rule, message, url, ranges: [range] }) => {
        const place = range ?? { start: 1, end: 1 };
        return [{ ...wholeLines(place, message, "warning"), link: { name: rule, url } }];
      }),
    ];
  } catch (error) {
    const range = error instanceof DockerfileError ? error.range : { start: 1, end: 1 };
    return [wholeLines(range, withoutPlace(error instanceof Error ? error.message : String(error)), "error")];
  }
}

/** The place is where the mark is. */
function withoutPlace(message: string): string {
  return message.replace(/^dockerfile parse error on line \d+: /, "");
}

function wholeLines(
  range: { readonly start: number; readonly end: number },
  message: string,
  severity: Finding["severity"],
): Finding {
  return {
    message,
    severity,
    startLine: Math.max(1, range.start),
    startColumn: 1,
    endLine: Math.max(1, range.end),
    endColumn: Number.MAX_SAFE_INTEGER,
  };
}

function isWithin(inner: Finding, outer: Finding): boolean {
  return inner.startLine >= outer.startLine && inner.endLine <= outer.endLine;
}
