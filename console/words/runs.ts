/** Runs, calls and effects as people say them. Pure. */
import type { CallView } from '../../contracts/call.js';
import type { EffectState, EffectView } from '../../contracts/effect.js';
import { canDo, type RunView } from '../../contracts/run.js';
import { capital, firstLine, messageOf } from './amounts.js';

/** The title of a call, as it stands alone. A tool's name stays as it is written. */
export const titleWords = ({ title, tool }: Pick<CallView, 'title' | 'tool'>): string =>
  title.startsWith(tool) ? title : capital(title);

/** What a run was asked, in one line. */
export const askedOf = ({
  id,
  input,
  unwinds,
}: Pick<RunView, 'id' | 'input' | 'unwinds'>): string =>
  unwinds === null ? firstLine(input) || id : `Undo what ${unwinds} did`;

/** What was said to a run: its message, or why another one is undone. */
export function saidTo({ input, unwinds }: Pick<RunView, 'input' | 'unwinds'>): string {
  if (unwinds === null) return messageOf(input).trim();
  return (input as { readonly reason: string | null }).reason ?? '';
}

/** Says whether somebody may want to take back what a run did: something happened, and it is over. */
export const isUndoable = (
  run: Pick<RunView, 'status' | 'unwinds' | 'unwoundBy'>,
  effects: readonly Pick<EffectView, 'state'>[],
): boolean =>
  canDo('unwind', run.status) &&
  run.unwinds === null &&
  run.unwoundBy === null &&
  effects.some(({ state }) => state === 'confirmed');

/** What came of a run, in one line; nothing while nothing did. */
export const cameOf = ({ output, failure }: Pick<RunView, 'output' | 'failure'>): string =>
  firstLine(failure?.message ?? output);

/** What is known of an effect, in words. */
const stateWords = {
  intended: 'not sent yet',
  dispatched: 'sent; its answer is awaited',
  confirmed: 'happened',
  failed: 'did not happen',
  unknown: 'not known whether it happened; looked into by itself',
  absent: 'did not happen, as a person found',
  parked: 'not known whether it happened; a person must say',
  compensated: 'happened and was made good',
} as const satisfies Record<EffectState, string>;

export const effectWords = (state: EffectState): string => stateWords[state] ?? state;

export interface Success {
  readonly title: string;
  readonly externalRef: string | null;
}

/** What has succeeded so far: what changed something outside first, with its reference. */
export function succeededOf(
  calls: readonly CallView[],
  effects: readonly EffectView[],
): readonly Success[] {
  const done = calls.filter((call) => call.outcome === 'succeeded');
  const changing = done.filter((call) => call.effect !== 'read');
  const reading = done.filter((call) => call.effect === 'read');
  return [...changing, ...reading].map((call) => ({
    title: call.title,
    externalRef: effects.find((effect) => effect.callId === call.id)?.externalRef ?? null,
  }));
}
