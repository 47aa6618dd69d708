import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  eventTypes,
  type EventData,
  type EventType,
  type EventView,
} from '../../../contracts/event.js';
import { tellEvent } from '../../../console/words/tellings.js';
import {
  isWorthTelling,
  timelineOf,
  waitedMs,
  type TimelineRow,
  type WaitRow,
  type WorkRow,
} from '../../../console/words/timeline.js';

const startMs = Date.parse('2026-03-01T12:00:00Z');
const callId = 'call_1';
const title = 'refund 180.00 EUR for order 42';

/** Every field that some event has, but the call and its title. */
const everyField = {
  agent: 'refund-desk',
  by: 'ana',
  code: 'model-overloaded',
  reason: null,
  message: null,
  turn: 1,
  attempt: 1,
  calls: 1,
  inputTokens: 1,
  outputTokens: 1,
  model: 'claude',
  text: '',
  verdict: 'ask',
  rule: 'medium',
  approvers: [],
  decision: 'reject',
  outcome: 'absent',
  fence: 1,
  finding: 'absent',
  firstRunId: 'run_1',
  externalRef: null,
  delivery: 'start',
  output: null,
  counted: 1,
  coversTurns: 4,
  quorum: 2,
  state: 'ready',
  why: 'another rule holds by now',
  findings: ['arguments: they do not fit their digest'],
  grantId: 'grt_1',
  tool: 'http_request',
  used: 1,
  uses: 20,
  from: 'claude-haiku-5-5',
  to: 'claude-sonnet-5-5',
};

/** Events as they come, each `[type, seconds from the start, data]`. */
function story(...rows: (readonly [EventType, number, object])[]): EventView[] {
  return rows.map(([type, seconds, data], index) => ({
    runId: 'run_1' as EventView['runId'],
    seq: index + 1,
    type,
    at: new Date(startMs + seconds * 1_000).toISOString(),
    data,
  }));
}
const planned = ['call-planned', 1, { callId, title, verdict: 'ask', rule: 'medium' }] as const;
const asked = [
  'approval-requested',
  1,
  { callId, title, approvalId: 'apr_1', approvers: [] },
] as const;

const work = (rows: readonly TimelineRow[]): readonly WorkRow[] =>
  rows.flatMap((row) => (row.kind === 'work' ? [row] : []));
const waits = (rows: readonly TimelineRow[]): readonly WaitRow[] =>
  rows.flatMap((row) => (row.kind === 'wait' ? [row] : []));
const at = (seconds: number): string => new Date(startMs + seconds * 1_000).toISOString();

describe('an event', () => {
  test('has a sentence whatever its type, naming the call where there is one', () => {
    for (const type of eventTypes) {
      const data = { ...everyField, callId, title };
      const { sentence } = tellEvent({ type, data }, () => title);
      expect(sentence).toMatch(/\w+/);
      expect(sentence).not.toMatch(/undefined|null|NaN/);
      if (/^(approval|effect)-/.test(type)) expect(sentence).toContain(title);
    }
  });

  test('of a type that is not known is named, never dropped', () => {
    const event = { type: 'run-paused' as EventType, data: null };
    expect(tellEvent(event, () => title).sentence).toBe('Run paused');
    expect(timelineOf(story(['run-paused' as EventType, 0, {}]))).toHaveLength(1);
  });

  test('tells what the model and the people said', () => {
    const turn: Partial<EventData['turn-committed']> = {
      turn: 1,
      model: 'claude-haiku-5-5',
      calls: 2,
      text: 'I will look.',
      inputTokens: 1_203,
      outputTokens: 80,
    };
    expect(work(timelineOf(story(['turn-committed', 0, turn])))[0]).toMatchObject({
      sentence: 'Turn 1: the model planned 2 calls (claude-haiku-5-5, 1,203 tokens in, 80 out)',
      detail: 'I will look.',
    });
  });
});

describe('the story of a run', () => {
  test('that undoes another says whom it waits for, and that no model was asked', () => {
    const retrying = { turn: 1, attempt: 1, code: 'effect-not-settled', until: null };
    const turn = { turn: 1, model: 'ledger', calls: 0, text: 'Undone: 1 of 1.' };
    const rows = timelineOf(story(['turn-retrying', 1, retrying], ['turn-committed', 9, turn]));
    expect(waits(rows)).toMatchObject([{ awaits: 'effect', since: at(1), until: at(9) }]);
    expect(work(rows)).toMatchObject([
      { sentence: expect.stringContaining('until somebody has said') },
      { sentence: 'Turn 1: there is no undo to plan', detail: 'Undone: 1 of 1.' },
    ]);
  });

  const tool = 'issue_refund';
  const started = (seconds: number, attempt: number) =>
    ['call-started', seconds, { callId, tool, attempt }] as const;

  test('sets the time that a person took apart from the work', () => {
    const decided = { callId, approvalId: 'apr_1', decision: 'approve', by: 'ana', message: null };
    const rows = timelineOf(story(planned, asked, ['approval-decided', 131, decided]));
    expect(rows.map(({ kind }) => kind)).toEqual(['work', 'work', 'wait', 'work']);
    expect(rows[2]).toMatchObject({ awaits: 'approval', since: at(1), until: at(131) });
    expect(rows[3]).toMatchObject({ sentence: `ana approved: ${title}` });
  });

  test('waits for people through whatever leaves their question open', () => {
    const about = { callId, approvalId: 'apr_1' };
    const open: Parameters<typeof story> = [
      ['approval-previewed', 2, { ...about, state: 'ready' }],
      ['approval-voted', 3, { ...about, by: 'ana', decision: 'approve', counted: 1, quorum: 2 }],
      ['approval-edited', 4, { ...about, by: 'ben', round: 2, rule: 'r', counted: 1, quorum: 2 }],
      ['approval-reminded', 5, { ...about, requestedAt: at(1) }],
      ['approval-escalated', 6, { ...about, approvers: ['finance'], quorum: 1, level: 1 }],
    ];
    for (const end of ['approval-decided', 'approval-expired', 'approval-cancelled'] as const) {
      const rows = timelineOf(story(planned, asked, ...open, [end, 9, { ...about, by: 'eve' }]));
      expect(waits(rows)).toMatchObject([{ awaits: 'approval', since: at(1), until: at(9) }]);
    }
  });

  test('shows the wait that goes on, once it is worth a row', () => {
    const [wait] = waits(timelineOf(story(planned, asked)));
    expect(wait).toMatchObject({ awaits: 'approval', until: null });
    expect(isWorthTelling(wait!, startMs + 1_999)).toBe(false);
    expect(isWorthTelling(wait!, startMs + 2_000)).toBe(true);
  });

  test('marks further attempts and the pause between them', () => {
    const rows = timelineOf(
      story(
        planned,
        started(2, 1),
        ['call-retrying', 3, { callId, attempt: 1, code: 'tool-unreachable', until: null }],
        started(7, 2),
      ),
    );
    const [, first, failed, second] = work(rows);
    expect([first?.attempt, failed?.attempt, second?.attempt]).toEqual([undefined, undefined, 2]);
    expect(failed?.sentence).toBe(
      `Attempt 1 failed (the service did not answer clearly); it is tried again: ${title}`,
    );
    expect(waits(rows)).toMatchObject([{ awaits: 'call', since: at(3), until: at(7) }]);
  });

  test('sets the time that a kill switch held a call apart', () => {
    const held = { callId, attempt: 0, code: 'kill-switch-on', until: null };
    const rows = timelineOf(story(planned, ['call-retrying', 2, held], started(62, 1)));
    expect(work(rows)[1]?.sentence).toBe(`Held by a kill switch until someone lifts it: ${title}`);
    expect(waits(rows)).toMatchObject([{ awaits: 'held', since: at(2), until: at(62) }]);
  });

  test('shows how long an attempt that was lost was not missed', () => {
    const dispatched = { callId, key: 'k', class: 'keyed', fence: 1, argsDigest: 'd' };
    const rows = timelineOf(
      story(
        planned,
        started(2, 1),
        ['effect-dispatched', 2, dispatched],
        ['effect-dispatched', 6, { ...dispatched, fence: 2 }],
        started(6, 2),
      ),
    );
    expect(waits(rows).filter((wait) => isWorthTelling(wait, startMs))).toEqual([
      { kind: 'wait', seq: 4, awaits: 'lost', since: at(2), until: at(6) },
    ]);
    expect(work(rows)[4]).toMatchObject({ attempt: 2, sentence: `Began again: ${title}` });
  });

  test('the end of a run ends every wait but that for a parked effect', () => {
    const parked = { callId, key: 'key_1', code: 'effect-outcome-unknown' };
    const before = [
      planned,
      asked,
      ['effect-parked', 2, parked],
      ['run-cancelled', 3, { message: 'Cancelled by local.', reason: null }],
    ] as const;
    expect(waits(timelineOf(story(...before)))).toMatchObject([
      { awaits: 'approval', until: at(3) },
      { awaits: 'effect', until: null },
    ]);
    const resolved = { ...parked, outcome: 'absent', by: 'otto', message: 'looked' };
    const after = timelineOf(story(...before, ['effect-resolved', 9, resolved]));
    expect(waits(after)[1]).toMatchObject({ awaits: 'effect', until: at(9) });
    expect(work(after).at(-1)?.detail).toBe('looked');
  });

  test('counts waits that overlap once, and never more than has passed', () => {
    const wait = fc.record({ start: fc.nat(100), length: fc.option(fc.nat(100)) });
    fc.assert(
      fc.property(fc.array(wait, { maxLength: 12 }), (drawn) => {
        const rows = drawn.map(({ start, length }, seq): WaitRow => {
          const until = length === null ? null : at(start + length);
          return { kind: 'wait', seq, awaits: 'approval', since: at(start), until };
        });
        const end = 220;
        const isWaiting = (second: number): boolean =>
          drawn.some(
            ({ start, length }) =>
              second >= start && second < (length === null ? end : start + length),
          );
        const seconds = Array.from({ length: end }, (_, second) => second).filter(isWaiting);
        expect(waitedMs(rows, startMs + end * 1_000)).toBe(seconds.length * 1_000);
      }),
    );
  });
});
