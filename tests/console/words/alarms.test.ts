import { describe, expect, test } from '@jest/globals';
import type { CallView } from '../../../contracts/call.js';
import type { EventView } from '../../../contracts/event.js';
import { taintOf, tamperingsOf } from '../../../console/words/alarms.js';

const event = (type: string, data: object): EventView =>
  ({ type, data, at: '2026-03-01T12:00:00Z' }) as unknown as EventView;
const call = (id: string, outcome: string | null): CallView =>
  ({ id, outcome, title: `refund ${id}` }) as unknown as CallView;

describe('the alarms of a run', () => {
  test('name each call that was tampered with, once, with all that was found', () => {
    const events = [
      event('tampering-found', { callId: 'call_1', findings: ['a', 'b'] }),
      event('tampering-found', { callId: 'call_1', findings: ['b', 'c'] }),
    ];
    expect(tamperingsOf(events, [call('call_1', 'tampered'), call('call_2', null)])).toEqual([
      { callId: 'call_1', title: 'refund call_1', findings: ['a', 'b', 'c'] },
    ]);
  });

  test('are told of a call alone, before its events have been read', () => {
    expect(tamperingsOf([], [call('call_1', 'tampered')])).toHaveLength(1);
    expect(tamperingsOf([event('call-planned', {})], [call('call_1', 'succeeded')])).toEqual([]);
  });

  test('say what tainted it, and since when', () => {
    expect(taintOf([event('run-tainted', { tool: 'http_request' })])).toEqual({
      tool: 'http_request',
      at: '2026-03-01T12:00:00Z',
    });
    expect(taintOf([event('run-started', {})])).toBeNull();
  });
});
