/** What must become of a run in some weather, call by call: the law, without a line of the product's. */
import type { ModelFailureCode } from '../../activities/models/model-error.js';
import type { ModelChain } from '../../contracts/model-choice.js';
import type { FaultName } from '../../stand-ins/model/fault-table.js';
import { codeOf, leaves, met } from './weather.js';

/** One request as the model had it. */
export interface Asked {
  readonly fault: FaultName | null;
  /** Whether it asks for a summary, and for one of a shortened conversation. */
  readonly summary: 'none' | 'whole' | 'short';
  /** Whether anything is left to be done, so that an answer makes calls. */
  readonly isWork: boolean;
}

/** How a call is to be written down. */
export interface Foretold {
  readonly outcome: 'committed' | 'failed';
  readonly failureCode: ModelFailureCode | null;
  readonly model: string;
}

export type Ending =
  | { readonly status: 'completed'; readonly code: null }
  | { readonly status: 'failed'; readonly code: ModelFailureCode };

interface Place {
  readonly position: number;
  readonly redos: number;
  /** Turns that were left unfinished, in a row. */
  readonly unfinished: number;
  /** Answers since the conversation was last summed up. */
  readonly answers: number;
}

interface Step {
  readonly code: ModelFailureCode | null;
  readonly next: Partial<Place>;
  readonly ending?: Ending;
}

const redos = 2;
const unfinishedInARow = 5;
const completed = { status: 'completed', code: null } as const;
const failed = (code: ModelFailureCode): Ending => ({ status: 'failed', code });

/** Follows a run through its requests. `ending` is null where it may not have ended yet. */
export function foretell(
  asked: readonly Asked[],
  chain: ModelChain,
): { readonly calls: readonly Foretold[]; readonly ending: Ending | null } {
  let place: Place = { position: 0, redos: 0, unfinished: 0, answers: 0 };
  const calls: Foretold[] = [];
  for (const each of asked) {
    const { code, next, ending } = stepAfter(place, each, chain);
    const model = chain[place.position]?.model ?? '';
    calls.push({ outcome: code === null ? 'committed' : 'failed', failureCode: code, model });
    if (ending !== undefined) return { calls, ending };
    place = Object.assign({}, place, { redos: 0 }, next);
  }
  return { calls, ending: null };
}

function stepAfter(place: Place, asked: Asked, chain: ModelChain): Step {
  const fault = asked.fault ?? 'calm';
  const code = codeOf(fault);
  const { position } = place;
  if (position + 1 < chain.length && leaves(chain[position]?.fallbackOn ?? [], fault)) {
    return { code, next: { position: position + 1 } };
  }
  const isCutCall = met[fault] === 'cut-call' && asked.summary === 'none' && asked.isWork;
  if ((isCutCall || code === 'model-output-invalid') && place.redos < redos) {
    return { code: 'model-output-invalid', next: { redos: place.redos + 1 } };
  }
  return code === null ? answered(place, asked, fault) : missed(place, asked, code);
}

/** A failure that no other model is asked about. */
function missed(place: Place, { summary }: Asked, code: ModelFailureCode): Step {
  // What comes next begins with as much as there is, with a summary or without.
  const goesOn: Step = { code, next: { answers: 0 } };
  switch (code) {
    case 'model-context-too-long':
      if (summary === 'whole') return { code, next: {} };
      if (summary === 'short') return goesOn;
      return place.answers > 0 ? { code, next: {} } : { code, next: {}, ending: failed(code) };
    case 'model-refused':
      // A turn, and paid for as one.
      if (summary !== 'none') return { ...goesOn, code: null };
      return { code: null, next: {}, ending: failed(code) };
    case 'model-rejected':
    case 'model-output-invalid':
      return summary === 'none' ? { code, next: {}, ending: failed(code) } : goesOn;
    default:
      return { code, next: {} };
  }
}

function answered(place: Place, { summary, isWork }: Asked, fault: FaultName): Step {
  if (summary !== 'none') return { code: null, next: { answers: 0 } };
  const answers = place.answers + 1;
  switch (met[fault]) {
    case 'unknown':
      return { code: null, next: {}, ending: failed('model-output-invalid') };
    case 'cut':
    case 'paused':
      return unfinished(place, answers);
    case 'cut-call':
      return isWork ? { code: null, next: { answers, unfinished: 0 } } : unfinished(place, answers);
    default:
      return isWork && fault !== 'stop-word'
        ? { code: null, next: { answers, unfinished: 0 } }
        : { code: null, next: {}, ending: completed };
  }
}

function unfinished(place: Place, answers: number): Step {
  return place.unfinished >= unfinishedInARow
    ? { code: null, next: {}, ending: failed('model-output-invalid') }
    : { code: null, next: { answers, unfinished: place.unfinished + 1 } };
}
