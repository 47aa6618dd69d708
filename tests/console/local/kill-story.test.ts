import { describe, expect, test } from '@jest/globals';
import type { EventType, EventView } from '../../../contracts/event.js';
import {
  callsHit,
  callSentence,
  headlineOf,
  killsDuring,
  workerSentence,
} from '../../../console/local/kill-story.js';

const startMs = Date.parse('2026-03-01T12:00:00Z');
const at = (seconds: number): string => new Date(startMs + seconds * 1_000).toISOString();
const story = (...rows: (readonly [EventType, number, object])[]): EventView[] =>
  rows.map(([type, seconds, data], index) => ({
    runId: 'run_1' as EventView['runId'],
    seq: index + 1,
    type,
    at: at(seconds),
    data,
  }));

const callId = 'call_1';
const title = 'refund 90.01 EUR for order 9001';
const before = [
  ['call-planned', 1, { callId, title }],
  ['call-started', 2, { callId, attempt: 1 }],
  ['effect-dispatched', 2, { callId, key: 'key_1', fence: 1 }],
] as const;
const after = [
  ['call-started', 7.7, { callId, attempt: 2 }],
  ['effect-dispatched', 7.7, { callId, key: 'key_1', fence: 2 }],
] as const;
const finished = ['call-finished', 11, { callId, outcome: 'succeeded' }] as const;
const kill = { pid: 4_711, at: at(3), replacement: null };

describe('a kill of the worker', () => {
  test('names the call it hit, the attempt that took over, and the one key', () => {
    const [hit] = callsHit(story(...before, ...after, finished), kill);
    expect(callSentence(hit!, kill.at)).toBe(
      `In the middle: ${title}. Attempt 2 began 4.7 s after the kill; sent 2 times, under one key.`,
    );
    expect(headlineOf(hit!, 1)).toBe('attempt 2 · refunds received by payments: 1');
  });

  test('tells no more than is known so far', () => {
    const [hit] = callsHit(story(...before), kill);
    expect(hit).toMatchObject({ takeover: null, isFinished: false });
    expect(headlineOf(hit!, null)).toBe('waiting for the next attempt');
    expect(callSentence(hit!, kill.at)).toContain('missed within seconds');
  });

  test('hits no call that had ended, or had not begun', () => {
    const read = { callId: 'call_0', attempt: 1 };
    const ended = story(['call-started', 1, read], ['call-finished', 2, read]);
    expect(callsHit(ended, kill)).toEqual([]);
    expect(callsHit(story(['call-started', 4, read]), kill)).toEqual([]);
  });

  test('says which worker came instead, and after how long', () => {
    expect(workerSentence(kill)).toMatch(/^Worker 4711 was killed .* starts another one now\.$/);
    const replacement = { pid: 4_788, at: at(3.4) };
    expect(workerSentence({ ...kill, replacement })).toContain('Worker 4788 was started 400 ms');
  });

  test('is told on the page of a run that was open at that moment, and on no other', () => {
    const open = { createdAt: at(0), finishedAt: null };
    expect(killsDuring([kill], open)).toEqual([kill]);
    expect(killsDuring([kill], { ...open, finishedAt: at(2) })).toEqual([]);
    expect(killsDuring([kill], { createdAt: at(4), finishedAt: null })).toEqual([]);
  });
});
