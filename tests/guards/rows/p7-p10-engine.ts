/** P7 to P10 where they meet the engine: what only it knows, long histories, changed code. */
import type { Guard } from '../guard.js';

const reconcile = 'tests/server/reconcile.integration.test.ts';
const histories = 'tests/faults/continue-as-new.integration.test.ts';
const owner = 'server/reconcile.ts';

export const engineGuards: readonly Guard[] = [
  {
    promise: 'P1',
    guard: 'A run is judged by the engine that it was started in, and by no other',
    owner: 'store/open-runs.ts',
    from: 'AND id > $1 AND engine_id = $4',
    to: 'AND id > $1 AND $4::text IS NOT NULL',
    test: { file: reconcile, name: 'a run of another engine is left alone' },
  },
  {
    promise: 'P7',
    guard: 'A run whose workflow was terminated is closed with the reason',
    owner,
    from: 'const closed = await closeRun(database, run, { status, code, ...message });',
    to: 'const closed = missingMs < 0 && (await closeRun(database, run, { status, code, ...message }));',
    test: { file: reconcile, name: 'a terminated workflow ends its run with the reason' },
  },
  {
    promise: 'P1',
    guard: 'A start that Temporal has lost is delivered again',
    owner,
    from: 'if (run.firstRunId === null) {',
    to: 'if (run.firstRunId === null && missingMs < 0) {',
    test: { file: reconcile, name: 'a start that the engine does not have is delivered again' },
  },
  {
    promise: 'P7',
    guard: 'A workflow must be missing for a while before its run is given up',
    owner,
    from: 'if (performance.now() - since < missingMs) return;',
    to: 'if (performance.now() - since < 0 * missingMs) return;',
    test: { file: reconcile, name: 'fails, but not at the first look' },
  },
  {
    promise: 'P9',
    guard: 'After a reset nobody waits for an answer that was given before it',
    owner: 'store/turns.ts',
    from: `approvalStatus === 'pending' ?`,
    to: `approvalStatus !== null ?`,
    test: {
      file: 'tests/store/ledger-edges.integration.test.ts',
      name: 'lists an answered question in its turn as one that is to be looked at',
    },
  },
  {
    promise: 'P8',
    guard: 'A run with a long history goes on in a fresh one',
    owner: 'workflows/agent-run.ts',
    from: 'return continueAsNewSuggested || historyLength >= historyEventsPerRun;',
    to: 'return continueAsNewSuggested || historyLength >= 1_000 * historyEventsPerRun;',
    test: { file: histories, name: 'goes on in fresh histories while it works' },
  },
  {
    promise: 'P8',
    guard: 'No signal is lost on the way into a fresh history',
    owner: 'workflows/agent-run.ts',
    from: 'await continueAsNew<typeof agentRun>({ ...input, run: carried(run, Date.now()) });',
    to: `const carry = { ...input, run: carried(run, Date.now()) };
        await condition(() => false, 1);
        await continueAsNew<typeof agentRun>(carry);`,
    test: { file: histories, name: 'loses no signal' },
  },
  {
    promise: 'P9',
    guard: 'A fresh history does not make a question last longer',
    owner: 'workflows/carry.ts',
    from: 'call.approval.remainingMs - (nowMs - armed.sinceMs)',
    to: 'call.approval.remainingMs - 0 * (nowMs - armed.sinceMs)',
    test: {
      file: 'tests/workflows/loop.test.ts',
      name: 'keeps what is left of a wait, by the time that has passed',
    },
  },
  {
    promise: 'P10',
    guard: 'What the workflow commands, and in which order, is what older histories hold',
    owner: 'workflows/agent-run.ts',
    from: '    for (const intent of intents) {\n',
    to: '    showing.show(run);\n    for (const intent of intents) {\n',
    test: { file: 'tests/replay/replay.test.ts', name: 'is replayed without a difference' },
  },
];
