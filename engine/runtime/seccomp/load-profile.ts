import { EngineError } from "../../base/errors.ts";
import type {
  SeccompAction,
  SeccompArgument,
  SeccompOperator,
  SeccompProfile,
  SeccompRule,
} from "../../oci/runtime-spec.ts";
import { createFailed } from "../runc-errors.ts";

/** The guest's kernel, for rules that ask for a minimum; and what Go calls its architecture. */
const KERNEL = [6, 12] as const;
const ARCHITECTURE = "x86";

const ACTIONS: readonly SeccompAction[] = [
  "SCMP_ACT_ALLOW",
  "SCMP_ACT_ERRNO",
  "SCMP_ACT_KILL",
  "SCMP_ACT_KILL_PROCESS",
  "SCMP_ACT_KILL_THREAD",
  "SCMP_ACT_LOG",
  "SCMP_ACT_TRACE",
  "SCMP_ACT_TRAP",
];
const OPERATORS: readonly SeccompOperator[] = [
  "SCMP_CMP_EQ",
  "SCMP_CMP_GE",
  "SCMP_CMP_GT",
  "SCMP_CMP_LE",
  "SCMP_CMP_LT",
  "SCMP_CMP_MASKED_EQ",
  "SCMP_CMP_NE",
];
const ARCHITECTURES =
  /^SCMP_ARCH_(?:X86|X86_64|X32|ARM|AARCH64|MIPS|MIPS64|MIPS64N32|MIPSEL|MIPSEL64|MIPSEL64N32|PPC|PPC64|PPC64LE|S390|S390X|RISCV64|LOONGARCH64)$/;
const FLAGS = /^SECCOMP_FILTER_FLAG_(?:LOG|SPEC_ALLOW|TSYNC)$/;

/** The profile's own JSON (moby's `profiles/seccomp/seccomp.go`), unchecked. */
interface ProfileJson {
  readonly defaultAction?: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly archMap?: readonly unknown[];
  readonly flags?: readonly string[];
  readonly syscalls?: readonly RuleJson[];
}

interface RuleJson {
  readonly name?: string;
  readonly names?: readonly string[];
  readonly action?: string;
  readonly errnoRet?: number;
  readonly args?:
    | readonly { index?: number; op?: string; value?: number | string; valueTwo?: number | string }[]
    | null;
  readonly includes?: FilterJson;
  readonly excludes?: FilterJson;
}

interface FilterJson {
  readonly caps?: readonly string[] | null;
  readonly arches?: readonly string[] | null;
  readonly minKernel?: string;
}

/**
 * `--security-opt seccomp=<JSON>`: the rules that hold for a container with these capabilities on this machine.
 * Undefined when the profile says nothing at all, which is unconfined.
 * @throws EngineError internal, in Docker's or runc's words
 */
export function loadSeccompProfile(text: string, capabilities: readonly string[]): SeccompProfile | undefined {
  const json = parse(text);
  if ((json.defaultAction ?? "") === "" && (json.syscalls ?? []).length === 0) return undefined;
  if ((json.architectures ?? []).length > 0 && (json.archMap ?? []).length > 0) {
    throw refused(
      "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'",
    );
  }
  const rules = (json.syscalls ?? []).filter((rule) => holds(rule, capabilities));
  for (const name of json.flags ?? [])
    if (!FLAGS.test(name)) throw refused(createFailed(`seccomp flag ${name} is not known to runc`));
  for (const name of json.architectures ?? []) checkWord(name, ARCHITECTURES.test(name), "arch");
  return {
    defaultAction: actionOf(json.defaultAction ?? ""),
    ...(json.defaultErrnoRet !== undefined && { defaultErrnoRet: json.defaultErrnoRet }),
    ...(json.flags !== undefined && { flags: json.flags }),
    syscalls: rules.map(ruleOf),
  };
}

function parse(text: string): ProfileJson {
  try {
    // Values are 64 bits wide and would lose their low ones as numbers.
    const value: unknown = JSON.parse(text.replace(/("value(?:Two)?"\s*:\s*)(\d{16,})/g, '$1"$2"'));
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new Error(`json: cannot unmarshal ${typeof value} into Go value of type seccomp.Seccomp`);
    const { defaultAction } = value as ProfileJson;
    if (defaultAction !== undefined && typeof defaultAction !== "string")
      throw new Error(
        `json: cannot unmarshal ${typeof defaultAction} into Go struct field Seccomp.defaultAction of type specs.LinuxSeccompAction`,
      );
    return value;
  } catch (cause) {
    throw refused(`Decoding seccomp profile failed: ${jsonTrouble(text, cause as Error)}`);
  }
}

function jsonTrouble(text: string, { name, message }: Error): string {
  if (name !== "SyntaxError") return message;
  const position = Number(/position (\d+)/.exec(message)?.[1] ?? Number.NaN);
  const character = text[position] ?? /token '?(.)/.exec(message)?.[1];
  return character === undefined || message.includes("end of JSON")
    ? "unexpected end of JSON input"
    : `invalid character '${character}' looking for beginning of value`;
}

function holds({ includes, excludes }: RuleJson, capabilities: readonly string[]): boolean {
  const excluded =
    excludes !== undefined &&
    ((excludes.arches ?? []).includes(ARCHITECTURE) ||
      (excludes.caps ?? []).some((name) => capabilities.includes(name)) ||
      (excludes.minKernel !== undefined && isKernelAtLeast(excludes.minKernel)));
  const { arches, caps, minKernel } = includes ?? {};
  const included =
    ((arches ?? []).length === 0 || (arches ?? []).includes(ARCHITECTURE)) &&
    (caps ?? []).every((name) => capabilities.includes(name)) &&
    (minKernel === undefined || isKernelAtLeast(minKernel));
  return included && !excluded;
}

function isKernelAtLeast(text: string): boolean {
  if (text === "") return true;
  const [, kernel, major] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
  if (kernel === undefined || major === undefined) {
    throw refused(
      `Decoding seccomp profile failed: invalid kernel version: ${JSON.stringify(text)}, expected "<kernel>.<major>"`,
    );
  }
  return Number(kernel) < KERNEL[0] || (Number(kernel) === KERNEL[0] && Number(major) <= KERNEL[1]);
}

function ruleOf({ name, names, action, errnoRet, args }: RuleJson): SeccompRule {
  if (name !== undefined && name !== "" && (names ?? []).length > 0)
    throw refused("both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'");
  return {
    names: name === undefined || name === "" ? (names ?? []) : [name],
    action: actionOf(action ?? ""),
    ...(errnoRet !== undefined && { errnoRet }),
    ...((args ?? []).length > 0 && { args: (args ?? []).map(argumentOf) }),
  };
}

function argumentOf({
  index = 0,
  op = "",
  value = 0,
  valueTwo = 0,
}: NonNullable<RuleJson["args"]>[number]): SeccompArgument {
  checkWord(op, (OPERATORS as readonly string[]).includes(op), "operator");
  return { index, op: op as SeccompOperator, value: lowWord(value), valueTwo: lowWord(valueTwo) };
}

/** The guest's registers have 32 bits. */
function lowWord(value: number | string): number {
  return Number(BigInt.asUintN(32, BigInt(value)));
}

function actionOf(text: string): SeccompAction {
  checkWord(text, (ACTIONS as readonly string[]).includes(text), "action");
  return text as SeccompAction;
}

function checkWord(text: string, known: boolean, what: string): void {
  if (!known) throw refused(createFailed(`string ${text} is not a valid ${what} for seccomp`));
}

function refused(message: string): EngineError {
  return new EngineError("internal", message);
}
