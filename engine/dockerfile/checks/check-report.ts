import { parseCheckOptions, parseDirective } from "../directives.ts";
import type { CheckOptions, CheckWarning, LineRange } from "../dockerfile.ts";
import { CHECK_RULES, type CheckRuleName } from "./check-rules.ts";

/** Takes findings and leaves out those that nobody wants. */
export class CheckReport {
  readonly #options: CheckOptions;
  readonly #warnings: CheckWarning[];

  constructor(options: CheckOptions, warnings: CheckWarning[] = []) {
    this.#options = options;
    this.#warnings = warnings;
  }

  get warnings(): readonly CheckWarning[] {
    return this.#warnings;
  }

  add(name: CheckRuleName, range: LineRange, message: string): void {
    const { description, url, isExperimental = false } = CHECK_RULES[name];
    const { skip, experimental } = this.#options;
    const isListed = has(isExperimental ? experimental : skip, name);
    if (isListed === isExperimental) this.#warnings.push({ rule: name, description, url, message, ranges: [range] });
  }

  /** The same report for an instruction: `# check=skip=…` above it counts for it alone. */
  under(comments: readonly string[]): CheckReport {
    const directive = comments.map(parseDirective).find((found) => found?.name === "check");
    if (directive === undefined) return this;
    try {
      const { skip, experimental } = parseCheckOptions(directive.value);
      const options = {
        ...this.#options,
        skip: [...this.#options.skip, ...skip],
        experimental: [...this.#options.experimental, ...experimental],
      };
      return new CheckReport(options, this.#warnings);
    } catch {
      return this;
    }
  }
}

function has(names: readonly string[], name: string): boolean {
  return names.includes("all") || names.includes(name);
}
