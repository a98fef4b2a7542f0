/** What Docker said of one Dockerfile. */
export interface DockerAnswer {
  readonly error?: string;
  /** Where the error is. */
  readonly lines: readonly number[];
  readonly warnings: readonly {
    readonly rule: string;
    readonly description: string;
    readonly url: string;
    readonly message: string;
    readonly lines: readonly number[];
  }[];
}

/** By the case's title. */
export type DockerAnswers = Readonly<Record<string, DockerAnswer>>;
