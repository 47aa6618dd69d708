/** What an earlier effect of the same business key means, once somebody undoes it (P3). */
import { expect, test } from '@jest/globals';
import type { EffectState } from '../../contracts/effect.js';
import type { CallId, EffectKey, RunId } from '../../contracts/ids.js';
import { standingOf, type Standing } from '../../store/business-claims.js';

const standings: readonly (readonly [EffectState | null, Standing])[] = [
  [null, 'done'],
  ['intended', 'under-way'],
  ['dispatched', 'under-way'],
  ['unknown', 'under-way'],
  ['parked', 'uncertain'],
  ['confirmed', 'free'],
  ['failed', 'done'],
  ['absent', 'done'],
  ['compensated', 'done'],
];

test.each(standings)('what was done and whose undo is %s is %s', (undoState, standing) => {
  const time = '2026-01-01T00:00:00.000Z';
  const earlier = {
    key: 'key-1' as EffectKey,
    callId: 'call_1' as CallId,
    runId: 'run_1' as RunId,
    state: 'confirmed' as const,
    claimedAt: time,
    externalRef: null,
    undoState,
    result: null,
  };
  expect(standingOf(earlier, { id: 'call_2' as CallId }, 1_000, time)).toBe(standing);
});
