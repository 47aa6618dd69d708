/** What a stub agent does, alike for every contestant: so many turns of one call each, then an answer. */

export interface Plan {
  /** Turns with a call; one more gives the answer. */
  readonly turns: number;
  /** How long a call takes, in milliseconds. */
  readonly modelMs: number;
  readonly toolMs: number;
  /** Whether every `pay` waits for a person. */
  readonly asks: boolean;
}

/** Turns whose calls answer at once. */
export const quickPlan = (turns: number, asks = false): Plan => ({
  turns,
  modelMs: 0,
  toolMs: 0,
  asks,
});

/** A step is one call of the agent: a model call or a tool call. What else an engine does is cost. */
export const stepsOf = ({ turns }: Plan): number => 2 * turns + 1;

export type ToolName = 'look_up' | 'pay';

/** Reads and payments take turns; a plan that asks only pays. */
export const toolOf = (plan: Plan, turn: number): ToolName =>
  plan.asks || turn % 2 === 0 ? 'pay' : 'look_up';

/** What the model says beside its call, and what a tool answers: as much as such things say. */
export const words =
  'The order was delivered on the third, the customer reports that the kettle came broken, and the ' +
  'shop has refunded nothing so far. The next thing to do is to look at the payment and its state.';
