import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PlannedCall } from '../../contracts/activities.js';
import type { RunId, CallId, Digest } from '../../contracts/ids.js';
import { hintsPerCall } from '../../contracts/limits.js';
import { advance } from '../../workflows/advance.js';
import { carried, isAtRest } from '../../workflows/carry.js';
import { begin, next, obsolete } from '../../workflows/next.js';
import { newRun, type Fact } from '../../workflows/run-state.js';
import { play, type Script, type ScriptedCall } from './world.js';

const scriptedCall: fc.Arbitrary<ScriptedCall> = fc.record({
  asks: fc.boolean(),
  decision: fc.constantFrom('approved', 'rejected', 'expired'),
  ending: fc.constantFrom('finished', 'lost', 'parked'),
  isRead: fc.boolean(),
  previews: fc.boolean(),
  askedAgain: fc.constantFrom('never', 'to-preview', 'previewed'),
});
const script = (cancelAt: fc.Arbitrary<number | null>): fc.Arbitrary<Script> =>
  fc.record({
    turns: fc.array(fc.array(scriptedCall, { minLength: 0, maxLength: 5 }), { maxLength: 4 }),
    cancelAt,
  });

/** Any order of answers and signals that a seed can make, and fair in the long run. */
const playSeeded = (scripted: Script, seed: number) => {
  let state = seed | 1;
  return play(scripted, (count) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % count;
  });
};

describe('the loop', () => {
  it('ends every run that nobody cancels as completed, whatever comes in whatever order', () => {
    fc.assert(
      fc.property(script(fc.constant(null)), fc.nat(), (scripted, seed) => {
        const { run, performed, problems } = playSeeded(scripted, seed);
        expect(problems).toEqual([]);
        expect(run.step).toBe('closed');
        const closings = performed.filter(({ kind }) => kind === 'close-run');
        expect(closings).toMatchObject([{ status: 'completed' }]);
        expect(run.turn).toBe(scripted.turns.length + 1);
      }),
      { numRuns: 2_000 },
    );
  });

  it('meets fresh histories in most of these runs', () => {
    const plays = fc.sample(fc.tuple(script(fc.constant(null)), fc.nat()), 200);
    const renewed = plays.filter(([scripted, seed]) => playSeeded(scripted, seed).histories > 1);
    expect(renewed.length).toBeGreaterThan(100);
  });

  it('ends a cancelled run once, starts nothing after it, and records the cancellation first', () => {
    fc.assert(
      fc.property(script(fc.nat({ max: 60 })), fc.nat(), (scripted, seed) => {
        const { run, performed, problems } = playSeeded(scripted, seed);
        expect(problems).toEqual([]);
        expect(run.step).toBe('closed');
        const ends = performed.flatMap((intent) => (intent.kind === 'close-run' ? [intent] : []));
        expect(ends.length).toBe(1);
        if (ends[0]?.status !== 'cancelled') return;
        const kinds = performed.map(({ kind }) => kind);
        expect(kinds.indexOf('stop-run')).toBeGreaterThan(-1);
        expect(kinds.indexOf('stop-run')).toBeLessThan(kinds.indexOf('close-run'));
      }),
      { numRuns: 2_000 },
    );
  });

  it('has the tool of each question that is to be previewed asked once, and of no other', () => {
    fc.assert(
      fc.property(script(fc.option(fc.nat({ max: 60 }))), fc.nat(), (scripted, seed) => {
        const { performed } = playSeeded(scripted, seed);
        const previewed = performed.filter(({ kind }) => kind === 'preview-call');
        const keys = previewed.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        const scriptedCalls = scripted.turns.flat().filter(({ asks }) => asks);
        const first = scriptedCalls.filter(({ previews }) => previews);
        const again = scriptedCalls.filter(({ askedAgain }) => askedAgain === 'to-preview');
        expect(keys.filter((key) => !key.endsWith('_again')).length).toBeLessThanOrEqual(
          first.length,
        );
        expect(keys.filter((key) => key.endsWith('_again')).length).toBeLessThanOrEqual(
          again.length,
        );
        if (scripted.cancelAt !== null) return;
        expect(keys.filter((key) => !key.endsWith('_again')).length).toBe(first.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it('asks the tool what a call will do beside everything else, and decides without it', () => {
    const asking = advance(openedRun(), withPreviews);
    expect(next(asking).map(({ key }) => key)).toEqual([`expiry:${callId}`, 'preview:apr_1']);
    const waiting = begin(asking, next(asking), 0);
    expect(isAtRest(waiting)).toBe(false);
    const hinted = advance(waiting, hintOf('dec_1', true));
    expect(next(hinted).map(({ kind }) => kind)).toEqual(['run-tool']);
    const approved = advance(begin(hinted, next(hinted), 0), {
      kind: 'call-answered',
      key: `call:${callId}`,
      callId,
      result: { kind: 'finished' },
    });
    expect(obsolete(approved)).toContain('preview:apr_1');
  });

  it('asks for a preview once, in whatever history, and again in a fresh one where none came', () => {
    const asking = advance(openedRun(), withPreviews);
    const previewed = advance(begin(asking, next(asking), 0), {
      kind: 'call-previewed',
      key: 'preview:apr_1',
      callId,
      approvalId: approval.approvalId,
    });
    expect(next(previewed)).toEqual([]);
    expect(isAtRest(previewed)).toBe(true);
    expect(next(carried(previewed, 0)).map(({ kind }) => kind)).toEqual(['await-expiry']);
    expect(next(carried(asking, 0)).map(({ kind }) => kind)).toContain('preview-call');
  });

  it('keeps a decision that arrives before the turn that planned its call', () => {
    const opened = openedRun();
    const early: Fact = {
      kind: 'approval-hinted',
      hint: { approvalId: approval.approvalId, decisionId: 'dec_1', isApproval: true },
    };
    const taken = advance(advance(opened, early), turnTaken);
    expect(next(taken).map(({ kind }) => kind)).toContain('run-tool');
  });

  it('keeps a decision that arrives while a forged one is being looked at', () => {
    const asking = advance(openedRun(), turnTaken);
    const hinted = advance(asking, hintOf('dec_forged', false));
    const looking = begin(hinted, next(hinted), 0);
    const real = advance(looking, hintOf('dec_real', true));
    expect(next(real)).toEqual([]);
    const back = advance(real, {
      kind: 'call-answered',
      key: `call:${callId}`,
      callId,
      result: { kind: 'undecided', remainingMs: 10 },
    });
    expect(next(back).map(({ kind }) => kind)).toContain('run-tool');
  });

  it('keeps a bounded number of decisions about one question, the latest among them', () => {
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const asking = advance(openedRun(), turnTaken);
    const flooded = numbers.reduce((run, n) => advance(run, hintOf(`dec_${n}`, false)), asking);
    const hints = flooded.calls[0]!.hints.map(({ decisionId }) => decisionId);
    expect(hints.length).toBeLessThanOrEqual(hintsPerCall);
    expect(hints.at(-1)).toBe('dec_99');
  });

  it('takes a sibling’s result while another call waits for a person', () => {
    const sibling: PlannedCall = {
      ...planned,
      callId: 'call_2' as CallId,
      verdict: 'allow',
      approval: null,
    };
    const both = advance(openedRun(), {
      ...turnTaken,
      result: { ...turnTaken.result, calls: [planned, sibling] },
    });
    const started = begin(both, next(both), 0);
    const done = advance(started, {
      kind: 'call-answered',
      key: 'call:call_2',
      callId: sibling.callId,
      result: { kind: 'finished' },
    });
    expect(done.calls.map((call) => call.planned.callId)).toEqual([callId]);
    expect(next(done)).toEqual([]);
  });
});

describe('a run that goes on in a fresh history', () => {
  it('is at rest while people are asked, and not while anything is carried out', () => {
    expect(isAtRest(newRun('run_1' as RunId))).toBe(false);
    const asking = advance(openedRun(), turnTaken);
    const waiting = begin(asking, next(asking), 0);
    expect(Object.keys(waiting.inFlight)).toEqual([`expiry:${callId}`]);
    expect(isAtRest(waiting)).toBe(true);
    const hinted = advance(waiting, hintOf('dec_1', true));
    expect(isAtRest(begin(hinted, next(hinted), 0))).toBe(false);
  });

  it('keeps what is left of a wait, by the time that has passed and no clock of others', () => {
    const asking = advance(openedRun(), turnTaken);
    const waiting = begin(asking, next(asking), 5_000);
    const [call] = carried(waiting, 5_400).calls;
    expect(call?.approval?.remainingMs).toBe(600);
    expect(carried(waiting, 9_000).calls[0]?.approval?.remainingMs).toBe(0);
    expect(next(carried(waiting, 5_400))).toMatchObject([
      { kind: 'await-expiry', approval: { remainingMs: 600 } },
    ]);
  });

  it('keeps every hint that was not looked at yet', () => {
    const early: Fact = {
      kind: 'approval-hinted',
      hint: { approvalId: 'apr_9' as never, decisionId: 'dec_9', isApproval: true },
    };
    const waiting = advance(advance(openedRun(), turnTaken), early);
    const after = carried(begin(waiting, next(waiting), 0), 0);
    expect(after.earlyHints).toEqual([early.hint]);
  });
});

const callId = 'call_1' as CallId;
const approval = {
  approvalId: 'apr_1' as never,
  remainingMs: 1_000,
  expiresAt: '2026-01-01T00:00:00.000Z',
  approvers: [],
};
const planned: PlannedCall = {
  callId,
  tool: 'issue_refund',
  verdict: 'ask',
  effect: 'keyed',
  retryPolicy: 'payment',
  summary: 'refund',
  argsDigest: '' as Digest,
  approval,
};
const turnTaken = {
  kind: 'turn-taken',
  key: 'turn:1',
  result: { kind: 'committed', turn: 1, isFinal: false, calls: [planned], costMicrosUsd: 0 },
} as const;
const withPreviews = {
  ...turnTaken,
  result: {
    ...turnTaken.result,
    calls: [{ ...planned, approval: { ...approval, previews: true } }],
  },
} as const;
const hintOf = (decisionId: string, isApproval: boolean): Fact => ({
  kind: 'approval-hinted',
  hint: { approvalId: approval.approvalId, decisionId, isApproval },
});
const openedRun = () =>
  advance(newRun('run_1' as RunId), {
    kind: 'run-opened',
    key: 'open-run',
    result: {
      kind: 'opened',
      agent: 'refund-desk',
      agentVersion: '' as Digest,
      requestedBy: 'otto',
      limits: { turns: 5, callsPerTurn: 5, parallelCalls: 5, outputTokensPerTurn: 1 },
    },
  });
