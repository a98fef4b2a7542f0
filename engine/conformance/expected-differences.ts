/** Where this engine answers differently from Docker on purpose, and why. A line of {@link EXPECTED} that no longer applies should go. */
interface Expected {
  /** The field, as `recording.ts` names it. */
  readonly path: RegExp;
  readonly request?: RegExp;
  readonly why: string;
}

const EXPECTED: readonly Expected[] = [{ path: /\.AppArmorProfile$/, why: "the guest's kernel has no AppArmor" }];

export function isExpected(_scenario: string, request: string, path: string): boolean {
  return EXPECTED.some((line) => line.path.test(path) && (line.request?.test(request) ?? true));
}
