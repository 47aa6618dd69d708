import { describe, expect, test } from '@jest/globals';
import {
  eventTypes,
  type EventData,
  type EventType,
  type EventView,
} from '../../contracts/event.js';
import { eventTypes as told, tellEvent, timelineOf } from '../../console/timeline.js';

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
  externalRef: null,
  delivery: 'start',
  output: null,
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

describe('the story of a run', () => {
  test('tells of every type that the contracts know, and of no other', () => {
    expect(told.toSorted()).toEqual(eventTypes.toSorted());
  });

  test('has a sentence for each, naming the call where there is one', () => {
    for (const type of eventTypes) {
      const data = { ...everyField, callId, title };
      const { sentence } = tellEvent({ type, data }, () => title);
      expect(sentence).toMatch(/\w+/);
      expect(sentence).not.toMatch(/undefined|null|NaN/);
      if (/^(approval|effect)-/.test(type)) expect(sentence).toContain(title);
    }
  });

  test('names a type that it does not know, and never drops it', () => {
    const event = { type: 'run-paused' as EventType, data: null };
    expect(tellEvent(event, () => title).sentence).toBe('Run paused');
    expect(timelineOf(story(['run-paused' as EventType, 0, {}]))).toHaveLength(1);
  });

  test('says how long a person took', () => {
    const decided = { callId, approvalId: 'apr_1', decision: 'approve', by: 'ana', message: null };
    const [, question, answer] = timelineOf(
      story(planned, asked, ['approval-decided', 131, decided]),
    );
    expect(question?.waitingSince).toBeNull();
    expect(answer).toMatchObject({ waitedMs: 130_000, sentence: `ana approved: ${title}` });
  });

  test('shows the wait that goes on', () => {
    const [, question] = timelineOf(story(planned, asked));
    expect(question?.waitingSince).toBe(question?.at);
  });

  test('marks further attempts and the pause between them', () => {
    const tool = 'issue_refund';
    const [, first, failed, second] = timelineOf(
      story(
        planned,
        ['call-started', 2, { callId, tool, attempt: 1 }],
        ['call-retrying', 3, { callId, attempt: 1, code: 'tool-unreachable', until: null }],
        ['call-started', 7, { callId, tool, attempt: 2 }],
      ),
    );
    expect(first?.attempt).toBeUndefined();
    expect(failed).toMatchObject({ tone: 'wait', waitingSince: null });
    expect(failed?.attempt).toBeUndefined();
    expect(failed?.sentence).toBe(
      `Attempt 1 failed (the service did not answer clearly); it is tried again: ${title}`,
    );
    expect(second).toMatchObject({ attempt: 2, waitedMs: 4_000 });
  });

  test('the end of a run ends every wait but that for a parked effect', () => {
    const parked = { callId, key: 'key_1', code: 'effect-outcome-unknown' };
    const [, question, effect, end, word] = timelineOf(
      story(
        planned,
        asked,
        ['effect-parked', 2, parked],
        ['run-cancelled', 3, { message: 'Cancelled by local.', reason: null }],
        ['effect-resolved', 9, { ...parked, outcome: 'absent', by: 'otto', message: 'looked' }],
      ),
    );
    expect(question?.waitingSince).toBeNull();
    expect(effect?.waitingSince).toBeNull();
    expect(end?.waitedMs).toBe(2_000);
    expect(word).toMatchObject({ waitedMs: 7_000, detail: 'looked' });
    expect(timelineOf(story(['effect-parked', 2, parked]))[0]?.waitingSince).not.toBeNull();
  });

  test('says what the model and the people said', () => {
    const turn: Partial<EventData['turn-committed']> = {
      turn: 1,
      model: 'claude-haiku-5-5',
      calls: 2,
      text: 'I will look.',
      inputTokens: 1_203,
      outputTokens: 80,
    };
    const [said] = timelineOf(story(['turn-committed', 0, turn]));
    expect(said?.sentence).toBe(
      'Turn 1: the model planned 2 calls (claude-haiku-5-5, 1,203 tokens in, 80 out)',
    );
    expect(said?.detail).toBe('I will look.');
  });
});
