import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallView } from '../../../contracts/call.js';
import type { EffectView } from '../../../contracts/effect.js';
import type { RunView } from '../../../contracts/run.js';
import { effectStates } from '../../../contracts/effect.js';
import { decisionKinds } from '../../../contracts/approval.js';
import * as amounts from '../../../console/words/amounts.js';
import * as approvals from '../../../console/words/approvals.js';
import { curlFor } from '../../../console/words/curl.js';
import * as runs from '../../../console/words/runs.js';
import * as times from '../../../console/words/times.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const at = (offsetMs: number): string => new Date(now + offsetMs).toISOString();
const minute = 60_000;

describe('durations', () => {
  test.each([
    [0, '0 ms'],
    [340, '340 ms'],
    [3_290, '3.2 s'],
    [12_900, '12 s'],
    [130_000, '2 min 10 s'],
    [2 * minute, '2 min'],
    [185 * minute, '3 h 5 min'],
    [51 * 60 * minute, '2 d 3 h'],
  ])('%i ms are %s', (ms, expected) => {
    expect(times.durationWords(ms)).toBe(expected);
  });

  test('are never negative and never overstate', () => {
    const unitMs = new Map(
      Object.entries({ ms: 1, s: 1_000, min: minute, h: 60 * minute, d: 1_440 * minute }),
    );
    fc.assert(
      fc.property(fc.integer({ min: -minute, max: 40 * 1_440 * minute }), (ms) => {
        const parts = times.durationWords(ms).matchAll(/([\d.]+) (\w+)/g);
        let toldMs = 0;
        for (const [, amount, unit] of parts)
          toldMs += Number(amount) * (unitMs.get(unit ?? '') ?? 0);
        expect(toldMs).toBeGreaterThanOrEqual(0);
        expect(toldMs).toBeLessThanOrEqual(Math.max(0, ms) + 1e-6);
        expect(toldMs).toBeGreaterThan(Math.max(0, ms) * 0.5 - 1);
      }),
    );
  });

  test('a counter counts whole seconds', () => {
    expect(times.countWords(300)).toBe('0 s');
    expect(times.countWords(3_900)).toBe('3 s');
    expect(times.ageWords(at(-90_000), now)).toBe('1 min 30 s ago');
    expect(times.ageWords(at(5_000), now)).toBe('just now');
  });
});

describe('an approval in words', () => {
  const pending = { expiresAt: at(90 * minute), onExpiry: 'reject' as const };

  test('says when it expires and what happens then', () => {
    expect(approvals.expirySentence(pending, now, 'UTC')).toBe(
      'Expires in 1 h 30 min (13:30:00). ' +
        'Without an answer the call is not made and the model is told.',
    );
    expect(approvals.expirySentence(pending, now + 91 * minute, 'UTC')).toBe(
      'Expired at 13:30:00: the call is not made and the model is told.',
    );
  });

  test('names who decided what, and the last vote that counts', () => {
    const vote = { id: 'dec_1', at: at(0) };
    const decisions = [
      { ...vote, by: 'ana', decision: 'reject', message: 'customer kept the item' },
      { ...vote, by: 'ben', decision: 'approve', void: true },
    ] as unknown as Parameters<typeof approvals.outcomeSentence>[0]['decisions'];
    const rejected = {
      status: 'rejected' as const,
      expiresAt: at(0),
      decisions,
      withdrawn: null,
    };
    expect(approvals.outcomeSentence(rejected, now)).toMatch(
      /^ana rejected this at .*\. “customer kept the item”$/,
    );
  });

  test('has a word for every kind of decision', () => {
    expect(new Set(decisionKinds.map(approvals.decisionWords)).size).toBe(decisionKinds.length);
    for (const kind of decisionKinds) expect(approvals.decisionWords(kind)).not.toBe(kind);
  });
});

describe('a run in words', () => {
  test('has words for every state of an effect', () => {
    for (const state of effectStates) expect(runs.effectWords(state)).not.toBe(state);
  });

  test('names what succeeded, changes first, with their references', () => {
    const calls = [
      { id: 'call_1', title: 'look up order 42', effect: 'read', outcome: 'succeeded' },
      { id: 'call_2', title: 'refund 180.00 EUR', effect: 'keyed', outcome: 'succeeded' },
      { id: 'call_3', title: 'mail', effect: 'unsafe', outcome: null },
    ] as unknown as CallView[];
    const effects = [{ callId: 'call_2', externalRef: 're_1' }] as unknown as EffectView[];
    expect(runs.succeededOf(calls, effects)).toEqual([
      { title: 'refund 180.00 EUR', externalRef: 're_1' },
      { title: 'look up order 42', externalRef: null },
    ]);
  });

  test('shows the first line of its message, bounded', () => {
    expect(amounts.firstLine({ message: '  one\ntwo' })).toBe('one');
    expect(amounts.firstLine({ orderId: 42 })).toBe('{"orderId":42}');
    expect([...amounts.firstLine({ message: '🙂'.repeat(200) })]).toHaveLength(140);
    expect(amounts.firstLine(null)).toBe('');
  });

  test('shows the one text of an input, and beside other fields all of it where there is room', () => {
    const input = { question: 'How many?', pages: ['http://a'] };
    expect(amounts.firstLine(input)).toBe('How many?');
    expect(amounts.messageOf(input)).toBe('{"question":"How many?","pages":["http://a"]}');
    expect(amounts.messageOf({ question: 'How many?' })).toBe('How many?');
    expect(amounts.firstLine({ orderId: '42', reason: 'broken' })).toContain('{"orderId"');
    expect(amounts.messageOf(['a', 'b'])).toBe('["a","b"]');
  });

  test('says what it used', () => {
    const usage = {
      inputTokens: 1_843,
      outputTokens: 212,
      cacheReadTokens: 0,
      costMicrosUsd: 3_120,
      costEstimated: true,
      lostAttempts: 0,
      lostCostMicrosUsd: 0,
    };
    expect(amounts.usageWords(usage)).toBe('1,843 tokens in · 212 out · 0.0031 USD, estimated');
    expect(amounts.usageWords({ ...usage, inputTokens: 1, costEstimated: false })).toMatch(
      /^1 token in · 212 out · 0\.0031 USD$/,
    );
    expect(amounts.usageWords({ ...usage, lostAttempts: 2 })).toContain(
      'estimated · with 2 calls that came to nothing',
    );
    expect(amounts.costWords(7)).toBe('less than 0.0001 USD');
  });

  test('says that the stand-in costs nothing, and nothing of it before it was asked', () => {
    const lost = { lostAttempts: 0, lostCostMicrosUsd: 0 };
    const free = { cacheReadTokens: 0, costMicrosUsd: 0, costEstimated: false, ...lost };
    const used = { ...free, inputTokens: 9, outputTokens: 1 };
    expect(amounts.usageWords(used)).toBe('9 tokens in · 1 out · no cost (stand-in)');
    const fresh = { ...free, inputTokens: 0, outputTokens: 0 };
    expect(amounts.usageWords(fresh)).toBe('0 tokens in · 0 out · no cost');
    expect(amounts.usageWords({ ...used, costEstimated: true })).toContain('0.0000 USD, estimated');
  });

  test('says in one line what came of it', () => {
    const failure = { code: 'internal', message: 'It broke.\nDetails', hint: '', retryable: true };
    expect(runs.cameOf({ output: { message: 'Refunded.\nBye' }, failure: null })).toBe('Refunded.');
    expect(runs.cameOf({ output: null, failure })).toBe('It broke.');
    expect(runs.cameOf({ output: null, failure: null })).toBe('');
  });

  test('that undoes another is named by that one, and says why', () => {
    const unwind = {
      id: 'run_1/unwind' as RunView['id'],
      unwinds: 'run_1' as RunView['unwinds'],
      input: { unwinds: 'run_1', reason: 'Mistaken.' },
    };
    expect(runs.askedOf(unwind)).toBe('Undo what run_1 did');
    expect(runs.saidTo(unwind)).toBe('Mistaken.');
    expect(runs.saidTo({ ...unwind, input: { unwinds: 'run_1', reason: null } })).toBe('');
  });

  test('can be undone once, when it is over and something happened', () => {
    const run = { status: 'completed' as const, unwinds: null, unwoundBy: null };
    const confirmed = [{ state: 'confirmed' as const }];
    expect(runs.isUndoable(run, confirmed)).toBe(true);
    expect(runs.isUndoable(run, [{ state: 'failed' }])).toBe(false);
    expect(runs.isUndoable({ ...run, status: 'running' }, confirmed)).toBe(false);
    const other = 'run_1' as RunView['id'];
    expect(runs.isUndoable({ ...run, unwinds: other }, confirmed)).toBe(false);
    expect(runs.isUndoable({ ...run, unwoundBy: other }, confirmed)).toBe(false);
  });

  test('never capitalises the name of a tool', () => {
    expect(runs.titleWords({ title: 'refund order 42', tool: 'issue_refund' })).toBe(
      'Refund order 42',
    );
    expect(runs.titleWords({ title: 'issue_refund', tool: 'issue_refund' })).toBe('issue_refund');
  });

  test('says of an unreachable tool no more than is known', () => {
    expect(amounts.codeWords('tool-unreachable')).toBe('the service did not answer clearly');
    expect(amounts.codeWords('model-overloaded')).toBe('model overloaded');
  });
});

describe('times of day', () => {
  test('leave out the date today and name it on other days', () => {
    expect(times.clockWords(at(0), now, 'UTC')).toBe('12:00:00');
    expect(times.clockWords(at(24 * 60 * minute), now, 'UTC')).toBe('2 Mar, 12:00:00');
    expect(times.clockWords('nonsense', now, 'UTC')).toBe('an unknown time');
  });
});

describe('the command that does the same', () => {
  test('gives the shell exactly the body, whatever is in the message', () => {
    const messages = fc.array(
      fc.string({ unit: fc.constantFrom("'", '"', '\\', '$', '`', '!', '\n', ' ', 'a', 'ü') }),
      { minLength: 30, maxLength: 30 },
    );
    const [sample = []] = fc.sample(messages, 1);
    const printed = sample.map((message) => {
      const body = { agent: 'refund-desk', input: { message } };
      const request = { origin: 'http://127.0.0.1:3000', body, key: 'one', withApiKey: true };
      const script = `curl() { for last; do :; done; printf %s "$last"; }\n${curlFor(request)}`;
      return JSON.parse(execFileSync('sh', ['-c', script], { encoding: 'utf8' }));
    });
    expect(printed.map(({ input }) => input.message)).toEqual(sample);
  });
});
