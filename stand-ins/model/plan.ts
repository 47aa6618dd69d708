/** One turn as the planner decides it. */

export interface PlannedCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Plan {
  readonly text: string;
  /** Empty when the text is the final answer. */
  readonly calls: readonly PlannedCall[];
}
