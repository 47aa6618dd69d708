/** The promises of the design, in its order, and what of each is still to come. */

export const promises = [
  { id: 'P1', text: 'A run that was answered 202 is never lost, whatever dies afterwards.' },
  {
    id: 'P2',
    text: 'One Idempotency-Key is one run. The same key with another body is refused (422).',
  },
  {
    id: 'P3',
    text: 'Every side effect is keyed, reconciled or parked for a person: never silently repeated, never silently dropped.',
  },
  {
    id: 'P4',
    text: 'An effect that needs approval starts only on a decision that names exactly these arguments, by people allowed to decide, made before the question expired; or on a live grant that covers them, made by the approvers and quorum that the rule demands.',
  },
  {
    id: 'P5',
    text: 'The first final outcome wins; everyone else is told at once who decided what, and when.',
  },
  {
    id: 'P6',
    text: 'The events of a run are numbered without gaps and can be read again from any point, by anyone, after any crash.',
  },
  {
    id: 'P7',
    text: 'The read model agrees with the engine’s history, and can be rebuilt.',
    notYet:
      'rebuilding derived rows from history. Open runs are compared with the engine and closed where it ended them.',
  },
  {
    id: 'P8',
    text: 'History grows with the number of steps, not with the length of the transcript. No run dies of its size.',
  },
  {
    id: 'P9',
    text: 'Every wait has an owner, a bound and an outcome. Nothing waits for ever in silence.',
  },
  {
    id: 'P10',
    text: 'Editing an agent, a policy or a tool never disturbs a run that has begun; removing a tool gives the model an honest result.',
  },
  {
    id: 'P11',
    text: 'A budget is reserved before it is spent, and exhaustion makes the run wait and ask.',
    notYet:
      'reserving: a budget is stored with its run, and nothing counts against it; what is spent is known.',
  },
  {
    id: 'P12',
    text: 'Secrets and private content never reach logs, metrics, traces or the engine’s history.',
    notYet: 'metrics and traces: there are none.',
  },
  {
    id: 'P13',
    text: 'When a dependency is down the answer is honest, the process stays up, and work resumes by itself.',
  },
] as const satisfies readonly Promised[];

interface Promised {
  readonly id: `P${number}`;
  /** Its words, shortened. */
  readonly text: string;
  /** What is promised and not there yet; `all of it` where nothing is. */
  readonly notYet?: string;
}

export type PromiseId = (typeof promises)[number]['id'];

/** What of a promise is still to come; null when it is whole. */
export const notYetOf = (promise: Promised): string | null => promise.notYet ?? null;
