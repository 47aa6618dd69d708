/** P3 backwards: what a run did is taken back once, in order, and only where it is known and allowed. */
import type { Guard } from '../guard.js';

const plan = 'tests/activities/plan-undo.test.ts';
const undoTurn = 'tests/activities/undo-turn.integration.test.ts';
const asked = 'tests/server/unwinds.integration.test.ts';

export const unwindGuards: readonly Guard[] = [
  {
    promise: 'P3',
    guard: 'What a run did is undone in reverse order',
    owner: 'store/unwinds.ts',
    from: 'ORDER BY call.seq DESC',
    to: 'ORDER BY call.seq',
    test: { file: undoTurn, name: 'undoes in reverse order what its run did' },
  },
  {
    promise: 'P3',
    guard: 'Nothing is undone while it is not known what the run did',
    owner: 'activities/plan-undo.ts',
    from: `if (effects.some(isUnsettled)) return { kind: 'wait' };`,
    to: '',
    test: { file: undoTurn, name: 'waits until a person has said what became of a parked effect' },
  },
  {
    promise: 'P3',
    guard: 'Only what is known to have happened is undone',
    owner: 'activities/plan-undo.ts',
    from: `effects.filter(({ state }) => state === 'confirmed')`,
    to: 'effects',
    test: { file: plan, name: 'it is not there to be undone' },
  },
  {
    promise: 'P3',
    guard: 'Each effect has one undo',
    owner: 'activities/plan-undo.ts',
    from: 'if (effect.undo !== null) continue;',
    to: '',
    test: { file: plan, name: 'plans the first undo that is not planned yet' },
  },
  {
    promise: 'P4',
    guard: 'An undo passes the policy that its run is pinned to',
    owner: 'activities/plan-undo.ts',
    from: 'const call = planCall(tools, version, run, block);',
    to: `const call = { ...planCall(tools, version, run, block), verdict: 'allow' as const };`,
    test: { file: plan, name: 'has each undo judged by the pinned policy' },
  },
  {
    promise: 'P3',
    guard: 'A run is undone by one run, however often that is asked for',
    owner: 'store/unwinds.ts',
    from: 'if (unwinds.length > 0) return false;',
    to: '',
    test: { file: asked, name: 'one run has one unwind' },
  },
  {
    promise: 'P3',
    guard: 'A run is undone only when it has ended: nothing of it can still happen',
    owner: 'store/unwinds.ts',
    from: `if (!canDo('unwind', run.status)) {`,
    to: `if (!canDo('unwind', run.status) && run.status === 'paused') {`,
    test: { file: asked, name: 'a run that has not ended is not undone' },
  },
  {
    promise: 'P3',
    guard: 'What was undone may be done again',
    owner: 'store/business-claims.ts',
    from: `    case 'confirmed':
      return 'free';`,
    to: `    case 'confirmed':
      return 'done';`,
    test: { file: undoTurn, name: 'is done no more: the same thing may be done again' },
  },
  {
    promise: 'P3',
    guard: 'Undoing the same several times is no repeat',
    owner: 'store/repeated-calls.ts',
    from: 'call.undoes === undefined &&',
    to: '',
    test: { file: undoTurn, name: 'asks nobody about a repeat' },
  },
];
