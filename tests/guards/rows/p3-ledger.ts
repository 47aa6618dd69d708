/** P3: the ledger of effects, as the store keeps it. */
import type { Guard } from '../guard.js';

const ledger = 'tests/store/ledger.integration.test.ts';
const attempts = 'tests/store/ledger-attempts.integration.test.ts';
const gate = 'tests/store/gate.integration.test.ts';
const switches = 'tests/server/kill-switches.integration.test.ts';
const anyOrder = 'never calls an effect unsent, failed or absent that may have happened';

export const ledgerGuards: readonly Guard[] = [
  {
    promise: 'P3',
    guard: 'A result that is stored wins: its call is not made again',
    owner: 'store/call-start.ts',
    from: `if (call.state === 'finished') {
      takeResolution(transaction, effect);
      return { kind: 'finished' };
    }`,
    to: '',
    test: { file: ledger, name: 'tells the model what a person said of a parked effect, once' },
  },
  {
    promise: 'P3',
    guard: 'What may have happened is repeated only where its service takes a key',
    owner: 'contracts/ledger.ts',
    from: `return row.state === 'dispatched' && waitMs > 0 ? { kind: 'wait', waitMs } : { kind: 'park' };`,
    to: `return { kind: 'dispatch' };`,
    test: { file: attempts, name: anyOrder },
  },
  {
    promise: 'P3',
    guard: 'A keyed effect is not repeated once its service may have forgotten the key',
    owner: 'contracts/ledger.ts',
    from: 'const isOver = sinceFirstMs >= Math.min(remembersMs, terms.repeatWithinMs);',
    to: 'const isOver = sinceFirstMs >= 100 * remembersMs;',
    test: { file: ledger, name: 'and not when the service may have forgotten' },
  },
  {
    promise: 'P3',
    guard: 'The service’s memory counts from the first dispatch, not from the last',
    owner: 'store/effects.ts',
    from: 'first_dispatched_at = coalesce(first_dispatched_at, $6), dispatched_at = $6,',
    to: 'first_dispatched_at = $6, dispatched_at = $6,',
    test: { file: ledger, name: 'counts the service’s memory from the first dispatch' },
  },
  {
    promise: 'P3',
    guard: 'A dispatch that certainly was not sent does not start the service’s memory',
    owner: 'store/effect-moves.ts',
    from: `first_dispatched_at = CASE WHEN $5 = 'intended' THEN NULL ELSE first_dispatched_at END`,
    to: 'first_dispatched_at = first_dispatched_at',
    test: { file: ledger, name: 'counts the service’s memory from the first dispatch' },
  },
  {
    promise: 'P3',
    guard: 'A late attempt can’t write over what a later one has learned',
    owner: 'store/call-attempt.ts',
    from: `if (effect.fence !== fence || effect.state !== 'dispatched') {`,
    to: `if (effect.state !== 'dispatched') {`,
    test: { file: ledger, name: 'does not let a late attempt write over' },
  },
  {
    promise: 'P3',
    guard: 'A refusal says nothing about an earlier dispatch whose answer was lost',
    owner: 'contracts/ledger.ts',
    from: `return isUncertainBefore(row) ? 'parked' : 'failed';`,
    to: `return 'failed';`,
    test: { file: attempts, name: anyOrder },
  },
  {
    promise: 'P3',
    guard: 'Neither does an attempt that was not sent',
    owner: 'contracts/ledger.ts',
    from: `if (!isUncertainBefore(row)) return 'intended';`,
    to: `if (row.class !== 'read') return 'intended';`,
    test: { file: attempts, name: anyOrder },
  },
  {
    promise: 'P3',
    guard: 'A failure that the service has stored under the key is for a person to settle',
    owner: 'store/call-attempt.ts',
    from: `isStored(learned) ? 'failure-replayed' : learned.kind`,
    to: `learned.kind`,
    test: {
      file: 'tests/server/resolutions.integration.test.ts',
      name: 'the first word counts, and ends the call; others learn whose it was',
    },
  },
  {
    promise: 'P3',
    guard: 'An unknown effect without a key is parked for a person',
    owner: 'contracts/ledger.ts',
    from: `return isRepeatable || row.class === 'reconcilable' ? 'unknown' : 'parked';`,
    to: `return 'unknown';`,
    test: { file: ledger, name: 'tells the model what a person said of a parked effect, once' },
  },
  {
    promise: 'P3',
    guard: 'A call that was dispatched and never answered is parked, not failed',
    owner: 'store/call-settlement.ts',
    from: `if (effect !== undefined && isOpen(effect) && closeEffect(transaction, effect) === 'parked') {`,
    to: `if (effect?.state === 'unknown' && closeEffect(transaction, effect) === 'parked') {`,
    test: { file: gate, name: 'is for a person to settle where it was dispatched' },
  },
  {
    promise: 'P3',
    guard: 'Nobody takes over from an attempt that may still be sending to a service without keys',
    owner: 'store/effects.ts',
    from: `return { kind: 'in-flight', waitMs: step.waitMs };`,
    to: `return redispatch(transaction, call, effect, terms);`,
    test: { file: gate, name: 'waits for an attempt that may still be sending' },
  },
  {
    promise: 'P3',
    guard: 'What was dispatched when its run ends is handed to people',
    owner: 'store/run-lifecycle.ts',
    from: `const parked = open.filter((effect) => closeEffect(transaction, effect) === 'parked');`,
    to: 'const parked = open.slice(0, 0);',
    test: { file: gate, name: 'is handed to people when its run ends, if it was dispatched' },
  },
  {
    promise: 'P3',
    guard: 'A change that finds another row than it expects is undone as a whole',
    owner: 'store/run-transaction.ts',
    from: 'invariant(!write.exactlyOne || count === 1,',
    to: 'invariant(!write.exactlyOne || count <= 1,',
    test: {
      file: 'tests/store/transaction.integration.test.ts',
      name: 'a change that finds another row than it expects is undone as a whole',
    },
  },
  {
    promise: 'P3',
    guard: 'A kill switch holds an effect before it is sent',
    owner: 'store/effects.ts',
    from: `if (isHeld) return { kind: 'held' };
    const key =`,
    to: 'const key =',
    test: { file: switches, name: 'holds what would be sent, says so, and lets it go when lifted' },
  },
  {
    promise: 'P3',
    guard: 'A kill switch holds the repeat of what was sent and never answered',
    owner: 'store/effects.ts',
    from: `if (isHeld) return { kind: 'held' };
      return redispatch`,
    to: 'return redispatch',
    test: { file: switches, name: 'holds the repeat of what was sent and never answered' },
  },
  {
    promise: 'P3',
    guard: 'A kill switch of one agent or tool holds only its effects',
    owner: 'store/kill-switches.ts',
    from: `AND (scope = 'all' OR (scope = 'tool' AND name = call.tool)
       OR (scope = 'agent' AND name = run.agent))`,
    to: '',
    test: { file: switches, name: 'of another agent or tool holds nothing of this one' },
  },
  {
    promise: 'P3',
    guard: 'Two effects never share a key',
    owner: 'runtime/digest.ts',
    from: `['v1', tenantId, runId, String(callSeq), tool]`,
    to: `['v1', tenantId, runId, tool]`,
    test: { file: 'tests/runtime/digest.test.ts', name: 'two effects have two keys' },
  },
];
