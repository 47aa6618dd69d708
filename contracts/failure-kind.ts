/** One way in which something can fail, as every table of them says it. */

export interface FailureKind {
  readonly status: number;
  readonly retryable: boolean;
  readonly title: string;
  /** What the reader can do about it, in one sentence. */
  readonly hint: string;
}

/** A row of such a table. */
export function kind(status: number, retryable: boolean, title: string, hint: string): FailureKind {
  return { status, retryable, title, hint };
}
