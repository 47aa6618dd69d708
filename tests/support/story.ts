/** Checks that run, calls, effects, events and the outside world tell the same story. */
import { expect } from '@jest/globals';
import { isFinal } from '../../contracts/run.js';
import type { TestStack } from './stack.js';

export interface RefundEntry extends Readonly<Record<string, unknown>> {
  readonly refund: { readonly id: string; readonly charge: string; readonly amount: number };
}

/** The refunds that the payments stand-in holds for a charge and that we made. */
export async function refundsOf(
  stack: Pick<TestStack, 'payments'>,
  charge: string,
): Promise<readonly RefundEntry[]> {
  const refunds = await allRefunds(stack);
  return refunds.filter(({ refund }) => refund.charge === charge);
}

/** Every refund that the payments stand-in holds and that we made. */
export async function allRefunds(
  stack: Pick<TestStack, 'payments'>,
): Promise<readonly RefundEntry[]> {
  const entries = (await stack.payments.journal()) as readonly RefundEntry[];
  return entries.filter((entry) => entry['kind'] === 'refund');
}

/** Expects a run that has ended to be told alike everywhere, with events numbered without gaps. */
export async function expectTrueStory(
  stack: TestStack,
  runId: string,
  refunds?: readonly RefundEntry[],
): Promise<void> {
  const { api } = stack;
  const [run, calls, effects, events] = await Promise.all([
    api.run(runId),
    api.calls(runId),
    api.effects(runId),
    api.events(runId),
  ]);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(isFinal(run.status)).toBe(true);
  expect(
    events.filter(({ type }) => /^run-(completed|failed|cancelled)$/.test(type)),
  ).toMatchObject([{ type: `run-${run.status}` }]);
  for (const call of calls) {
    expect(call.state).toBe('finished');
    const finished = events.filter(
      ({ type, data }) =>
        type === 'call-finished' && (data as { callId: string }).callId === call.id,
    );
    expect(finished).toMatchObject([{ data: { outcome: call.outcome } }]);
  }
  const known = refunds ?? (await allRefunds(stack));
  for (const effect of effects) {
    const call = calls.find(({ id }) => id === effect.callId);
    expect(call?.effectKey).toBe(effect.key);
    if (effect.class !== 'keyed') continue;
    const made = known.filter(({ refund }) => refund.id === effect.externalRef);
    expect(made).toHaveLength(effect.state === 'confirmed' ? 1 : 0);
  }
}
