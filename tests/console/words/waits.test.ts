import { describe, expect, test } from '@jest/globals';
import type { CallView } from '../../../contracts/call.js';
import { waitKinds, type RunView, type Wait } from '../../../contracts/run.js';
import { statusOf } from '../../../contracts/status.js';
import { emptyRows } from '../../support/status-rows.js';
import { waitSentence, withTitle, workWords } from '../../../console/words/waits.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const at = (offsetMs: number): string => new Date(now + offsetMs).toISOString();
const minute = 60_000;
const title = 'refund $& 1 EUR';

const callOf = (fields: Partial<CallView>): CallView =>
  ({ tool: 'issue_refund', title, state: 'running', retry: null, ...fields }) as CallView;

describe('a wait in words', () => {
  const wait = (fields: Partial<Wait>): Wait => ({
    kind: 'approval',
    who: 'approver',
    since: at(-2 * minute),
    until: null,
    then: 'the call goes on',
    ...fields,
  });
  const tell = (fields: Partial<Wait>): string => waitSentence(wait(fields), now, 'UTC');

  test('says who, since when, until when and what then', () => {
    expect(tell({ who: 'finance or approver', until: at(5 * minute) })).toBe(
      'Waits for finance or an approver to decide (2 min so far). ' +
        'Until 12:05:00 (5 min left): the call goes on.',
    );
  });

  test('says what ends a wait without a bound', () => {
    expect(tell({ kind: 'dependency', who: 'temporal', then: 'the run starts by itself' })).toBe(
      'Waits for Temporal (2 min so far). Then the run starts by itself.',
    );
  });

  test('counts down to the next attempt', () => {
    expect(tell({ kind: 'retry', who: 'model', until: at(4_000), then: 'attempt 3 starts' })).toBe(
      'The model failed and is tried again (2 min so far). In 4 s: attempt 3 starts.',
    );
  });

  test('a bound that has passed is said to be due, never negative', () => {
    const sentence = tell({ until: at(-1_000) });
    expect(sentence).toContain('Due since 11:59:59');
    expect(sentence).not.toContain('-');
  });

  test('every kind has its own words', () => {
    const sentences = waitKinds.map((kind) => tell({ kind, who: 'someone' }));
    expect(new Set(sentences).size).toBe(waitKinds.length);
    for (const sentence of sentences) expect(sentence.toLowerCase()).toContain('someone');
  });

  test('a tool that fails is named as it is written, its call by its title', () => {
    const retry = wait({ kind: 'retry', who: 'issue_refund' });
    expect(waitSentence(retry, now)).toMatch(/^A call of issue_refund failed and is tried again/);
    const call = callOf({ retry: { code: 'x', attempt: 1, since: retry.since, until: null } });
    expect(waitSentence(withTitle(retry, [call]), now)).toMatch(
      /^The call “refund \$& 1 EUR” failed and is tried again/,
    );
    expect(withTitle(wait({ kind: 'retry', who: 'model' }), [call]).who).toBe('model');
  });

  test('a parked call is named by its title where only one can be meant', () => {
    const then = 'someone says what became of issue_refund; it is never repeated by itself';
    const parked = wait({ kind: 'effect', who: 'operator', then });
    const call = callOf({ state: 'parked' });
    expect(withTitle(parked, [call]).then).toBe(then.replace('issue_refund', () => `“${title}”`));
    expect(withTitle(parked, [call, call])).toBe(parked);
  });

  test('a call that a kill switch holds says so, and who can let it go', () => {
    const since = at(-minute);
    const note = { code: 'kill-switch-on', attempt: 0, since, until: null };
    const open = { tool: 'issue_refund', state: 'planned', retry: note } as const;
    const { waitingFor } = statusOf({ ...emptyRows, openCalls: [open] });
    const [held] = waitingFor;
    expect(waitSentence(withTitle(held!, [callOf({ retry: note })]), now)).toBe(
      'Held by a kill switch: waits for an operator (1 min so far). ' +
        `Then someone lifts the kill switch that holds “${title}”; then it goes on by itself.`,
    );
    expect(withTitle(held!, [])).toBe(held);
  });

  test('a run that waits for nobody says what it does', () => {
    const run = { status: 'running' as const, turns: 1, unwinds: null };
    const planned = callOf({ state: 'planned', title: 'mail' });
    expect(workWords(run, [callOf({ state: 'finished' })])).toBe('Asks the model (turn 2)');
    expect(workWords(run, [planned])).toBe('Is about to carry out: mail');
    expect(workWords(run, [planned, callOf({})])).toBe(`Carries out: ${title}`);
    expect(workWords({ ...run, status: 'paused' }, [])).toBe('paused');
    const unwind = { ...run, unwinds: 'run_1' as RunView['unwinds'] };
    expect(workWords(unwind, [])).toBe('Looks for what is left to undo');
  });
});
