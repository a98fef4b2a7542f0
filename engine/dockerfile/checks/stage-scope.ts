import type { LineRange } from "../dockerfile.ts";

/** What is known of the image that a stage begins with. */
export interface BaseImage {
  /** `NAME=value` */
  readonly env: readonly string[];
  readonly hasShell?: boolean;
  /** Its triggers. */
  readonly onBuild?: readonly string[];
}

/** What an instruction of a stage finds: variables, and what came before it. */
export class StageScope {
  readonly env = new Map<string, string>();
  /** Names of the `ARG`s so far, those of the stages below included. */
  readonly declared = new Set<string>();
  /** False for an image nobody knows: it may have any variable. */
  isEnvKnown = true;
  hasWorkdir = false;
  hasShell = false;
  /** Where the instructions were of which only the last one counts. */
  readonly used = new Map<string, LineRange>();
  /** Triggers for whoever begins with this stage. */
  readonly onBuild: string[] = [];

  /** @param base undefined for an image nobody knows */
  static ofImage(base: BaseImage | undefined): StageScope {
    const scope = new StageScope();
    scope.isEnvKnown = base !== undefined;
    scope.hasShell = base?.hasShell ?? false;
    // It is always there.
    scope.env.set("PATH", "");
    for (const entry of base?.env ?? []) {
      const equals = entry.indexOf("=");
      scope.env.set(equals < 0 ? entry : entry.slice(0, equals), equals < 0 ? "" : entry.slice(equals + 1));
    }
    return scope;
  }

  static ofStage(base: StageScope): StageScope {
    const scope = new StageScope();
    for (const [name, value] of base.env) scope.env.set(name, value);
    for (const name of base.declared) scope.declared.add(name);
    scope.isEnvKnown = base.isEnvKnown;
    scope.hasWorkdir = base.hasWorkdir;
    scope.hasShell = base.hasShell;
    return scope;
  }
}
