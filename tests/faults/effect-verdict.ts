/** What is true of an effect after a fault: judged by the sink's journal, the ledger and the events. */
import { expect } from '@jest/globals';
import type { CallView } from '../../contracts/call.js';
import {
  canMove,
  resolvedStates,
  type EffectClass,
  type EffectState,
  type EffectView,
} from '../../contracts/effect.js';
import type { EventData, EventView } from '../../contracts/event.js';
import { isFinal } from '../../contracts/run.js';
import { eventually } from '../support/eventually.js';
import type { SinkStack } from '../support/sink/stack.js';

/** A run with one call, and what its call does to the sink. */
export interface EffectCase {
  readonly effect: EffectClass;
  readonly reference: string;
  readonly runId: string;
}

export interface EffectVerdict extends EffectCase {
  /** How often it was truly done. */
  readonly timesDone: number;
  readonly call: CallView;
  /** Null for reads, and where nothing was dispatched. */
  readonly effectRow: EffectView | null;
  readonly events: readonly EventView[];
}

/** Resolves when the run has ended or its effect waits for a person. */
export async function untilSettled(
  { api }: SinkStack,
  { runId }: EffectCase,
  withinMs = 120_000,
): Promise<void> {
  await eventually(
    `run ${runId} has ended, or its effect is parked`,
    async () => {
      const run = await api.run(runId).catch(() => null);
      if (run !== null && isFinal(run.status)) return true;
      const effects = await api.effects(runId).catch(() => []);
      return effects.some(({ state }) => state === 'parked');
    },
    withinMs,
  );
}

/** Looks at the truth, at the ledger and at the story of a run that has settled. */
export async function verdictOf(stack: SinkStack, its: EffectCase): Promise<EffectVerdict> {
  const { api } = stack;
  const [[call], [effectRow], events, timesDone] = await Promise.all([
    api.calls(its.runId),
    api.effects(its.runId),
    api.events(its.runId),
    stack.timesDone(its.effect, its.reference),
  ]);
  if (call === undefined) throw new Error(`Run ${its.runId} has no call`);
  const verdict = { ...its, timesDone, call, effectRow: effectRow ?? null, events };
  expectLegal(verdict);
  return verdict;
}

/** What no fault may bring about, for a class; the outcome itself depends on the fault. */
export const isDuplicate = ({ effect, timesDone }: EffectVerdict): boolean =>
  timesDone > 1 && effect !== 'read' && effect !== 'idempotent';

/** Said to have happened and did not, or said not to have happened and did; parked says neither. */
export function isMisjudged({ effect, timesDone, call, effectRow }: EffectVerdict): boolean {
  if (effect === 'read') return call.outcome !== 'succeeded';
  switch (effectRow?.state) {
    case 'confirmed':
      return timesDone === 0 || call.outcome !== 'succeeded';
    case 'parked':
      return false;
    case 'failed':
    case 'absent':
    case undefined:
      return timesDone > 0;
    default:
      return true;
  }
}

/** What a person who looked into the service says of a parked effect; resolves when the run has ended. */
export async function resolveByTruth(stack: SinkStack, verdict: EffectVerdict): Promise<void> {
  const { effectRow, timesDone, runId } = verdict;
  if (effectRow?.state !== 'parked') return;
  const outcome = timesDone > 0 ? 'happened' : 'absent';
  const body = { outcome, message: 'the journal of the sink says so' };
  await stack.api.call('POST', `/v1/effects/${effectRow.key}/resolutions`, body);
  await stack.api.until(runId, 'ended');
  expectLegal({ ...(await verdictOf(stack, verdict)) });
}

/** Every event a legal move of the ledger, each fence higher than the last, the story told once. */
function expectLegal({ call, effectRow, events }: EffectVerdict): void {
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  let state: EffectState | null = null;
  let fence = 0;
  let dispatches = 0;
  for (const event of events) {
    const next = stateOf(event);
    if (next === null) continue;
    const from: EffectState = state ?? 'intended';
    // What was found absent, or was not sent, goes back to `intended` without a word.
    const isLegal = canMove(from, next) || (canMove(from, 'intended') && canMove('intended', next));
    expect({ from, next, isLegal, events: typesOf(events) }).toMatchObject({ isLegal: true });
    state = next;
    if (next !== 'dispatched') continue;
    const dispatched = event.data as EventData['effect-dispatched'];
    expect(dispatched.fence).toBeGreaterThan(fence);
    ({ fence } = dispatched);
    dispatches += 1;
  }
  expect(effectRow?.attempts ?? 0).toBe(dispatches);
  if (effectRow !== null && effectRow.state !== 'intended') expect(effectRow.state).toBe(state);
  const finished = events.filter(({ type }) => type === 'call-finished');
  expect(finished).toHaveLength(call.state === 'finished' ? 1 : 0);
}

/** The state that an event of the ledger tells; null of any other event. */
function stateOf({ type, data }: EventView): EffectState | null {
  switch (type) {
    case 'effect-dispatched':
      return 'dispatched';
    case 'effect-confirmed':
      return 'confirmed';
    case 'effect-failed':
      return 'failed';
    case 'effect-unknown':
      return 'unknown';
    case 'effect-absent':
      return 'absent';
    case 'effect-parked':
      return 'parked';
    case 'effect-resolved':
      return resolvedStates[(data as EventData['effect-resolved']).outcome];
    default:
      return null;
  }
}

/** The types of some events, in order: what a failing test shows. */
export const typesOf = (events: readonly EventView[]): string =>
  events.map(({ type }) => type).join(' ');
