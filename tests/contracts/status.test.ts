import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { finalStatuses, runStatuses, waitKinds } from '../../contracts/run.js';
import { isHeld, statusOf, type StatusInput } from '../../contracts/status.js';
import { emptyRows, time } from '../support/status-rows.js';

const retry = fc.option(
  fc.record({
    code: fc.constantFrom(
      'model-rate-limited',
      'tool-unreachable',
      'effect-not-settled',
      'kill-switch-on',
    ),
    attempt: fc.integer({ min: 1, max: 9 }),
    since: fc.constant(time),
    until: fc.constant(time),
  }),
);
const few = <Row>(row: fc.Arbitrary<Row>) => fc.array(row, { maxLength: 3 });
const input: fc.Arbitrary<StatusInput> = fc.record({
  now: fc.constantFrom('2025-12-31T23:59:59.999Z', time, '2026-01-02T00:00:00.000Z'),
  createdAt: fc.constant(time),
  startedAt: fc.option(fc.constant(time)),
  pausedAt: fc.option(fc.constant(time)),
  ended: fc.option(fc.constantFrom(...finalStatuses)),
  start: fc.option(fc.record({ deliveredAt: fc.option(fc.constant(time)), isDead: fc.boolean() })),
  turnRetry: retry,
  openCalls: few(
    fc.record({
      tool: fc.constant('issue_refund'),
      state: fc.constantFrom('planned', 'asking', 'running', 'parked'),
      retry,
    }),
  ),
  pendingApprovals: few(
    fc.record({
      approvers: fc.constant(['finance']),
      quorum: fc.integer({ min: 1, max: 3 }),
      escalation: fc.constantFrom([], [{ afterMs: 60_000, approvers: ['head'], quorum: 1 }]),
      requestedAt: fc.constant(time),
      expiresAt: fc.constant(time),
    }),
  ),
  untakenAnswers: few(
    fc.record({
      since: fc.constant(time),
      isDead: fc.boolean(),
      heldUntil: fc.option(fc.constant(time)),
    }),
  ),
  parkedEffects: few(fc.record({ tool: fc.constant('send_email'), since: fc.constant(time) })),
});

const minute = 60_000;
const after = (ms: number): string => new Date(Date.parse(time) + ms).toISOString();
const question = {
  approvers: ['finance'],
  quorum: 1,
  escalation: [
    { afterMs: 10 * minute, approvers: ['head', 'board'], quorum: 2 },
    { afterMs: 20 * minute, approvers: [], quorum: 1 },
  ],
  requestedAt: time,
  expiresAt: after(30 * minute),
};

describe('the status of a run', () => {
  it('is one of the closed set, and its waits are of the closed kinds, for any rows', () => {
    fc.assert(
      fc.property(input, (rows) => {
        const { status, waitingFor } = statusOf(rows);
        expect(runStatuses).toContain(status);
        for (const wait of waitingFor) {
          expect(waitKinds).toContain(wait.kind);
          expect(wait.who).not.toBe('');
          expect(wait.then).not.toBe('');
        }
      }),
    );
  });

  it('is the end once there is one, and then waits for nothing', () => {
    fc.assert(
      fc.property(input, fc.constantFrom(...finalStatuses), (rows, ended) => {
        expect(statusOf({ ...rows, ended })).toEqual({ status: ended, waitingFor: [] });
      }),
    );
  });

  it('is queued until the workflow has begun, and always says whom it waits for', () => {
    fc.assert(
      fc.property(input, (rows) => {
        const { status, waitingFor } = statusOf({ ...rows, ended: null, startedAt: null });
        expect([status, waitingFor.length]).toEqual(['queued', 1]);
      }),
    );
  });

  it('is waiting only when nothing of it runs, and paused only when somebody paused it', () => {
    fc.assert(
      fc.property(input, (rows) => {
        const open = { ...rows, ended: null, startedAt: time };
        const { status } = statusOf(open);
        expect(status === 'paused').toBe(rows.pausedAt !== null);
        if (status !== 'waiting') return;
        const busy = rows.openCalls.filter(
          (call) => call.retry === null && ['planned', 'running'].includes(call.state),
        );
        expect(busy).toEqual([]);
      }),
    );
  });

  it.each([
    ['temporal', { deliveredAt: null, isDead: false }],
    ['worker', { deliveredAt: time, isDead: false }],
    ['operator', { deliveredAt: null, isDead: true }],
  ])('names %s as the one a queued run waits for', (who, start) => {
    const { waitingFor } = statusOf({ ...emptyRows, startedAt: null, start });
    expect(waitingFor).toMatchObject([{ kind: 'dependency', who }]);
  });

  it('of an unwind names the operator who must say what its run did', () => {
    const turnRetry = { code: 'effect-not-settled', attempt: 1, since: time, until: null };
    expect(statusOf({ ...emptyRows, turnRetry })).toMatchObject({
      status: 'waiting',
      waitingFor: [{ kind: 'effect', who: 'operator', since: time, until: null }],
    });
  });

  it('names an operator, and no time, while a kill switch holds a call', () => {
    const note = { code: 'kill-switch-on', attempt: 0, since: time, until: null };
    const held = { tool: 'issue_refund', state: 'planned', retry: note } as const;
    const { status, waitingFor } = statusOf({ ...emptyRows, openCalls: [held] });
    expect(status).toBe('waiting');
    expect(waitingFor).toMatchObject([
      { kind: 'effect', who: 'operator', since: time, until: null },
    ]);
    expect(waitingFor.every(isHeld)).toBe(true);
    const parked = { ...emptyRows, parkedEffects: [{ tool: 'send_email', since: time }] };
    expect(statusOf(parked).waitingFor.some(isHeld)).toBe(false);
  });

  it('goes on running while a sibling of a waiting call works', () => {
    const asking = { tool: 'issue_refund', state: 'asking', retry: null } as const;
    const running = { tool: 'lookup_order', state: 'running', retry: null } as const;
    const approval = { ...question, approvers: [] };
    const rows = { ...emptyRows, pendingApprovals: [approval] };
    expect(statusOf({ ...rows, openCalls: [asking, running] })).toMatchObject({
      status: 'running',
      waitingFor: [{ kind: 'approval', who: 'approver' }],
    });
    expect(statusOf({ ...rows, openCalls: [asking] }).status).toBe('waiting');
  });
});

describe('a run that asks', () => {
  const waitAt = (minutes: number, escalation = question.escalation) =>
    statusOf({
      ...emptyRows,
      now: after(minutes * minute),
      openCalls: [{ tool: 'issue_refund', state: 'asking', retry: null }],
      pendingApprovals: [{ ...question, escalation }],
    });

  it('says who is asked now, until when, and whom it escalates to then', () => {
    expect(waitAt(9).waitingFor).toEqual([
      {
        kind: 'approval',
        who: 'finance',
        since: time,
        until: after(10 * minute),
        then: 'unanswered, it escalates to 2 of head or board',
      },
    ]);
    expect(waitAt(10).waitingFor).toMatchObject([
      {
        who: 'head or board',
        until: after(20 * minute),
        then: 'unanswered, it escalates to approver',
      },
    ]);
  });

  it('says at its last level that the call is not made', () => {
    const last = { until: after(30 * minute), then: expect.stringContaining('is not made') };
    expect(waitAt(29).waitingFor).toMatchObject([{ who: 'approver', ...last }]);
    expect(waitAt(0, []).waitingFor).toMatchObject([{ who: 'finance', ...last }]);
  });

  it('waits for a worker, and for nobody’s decision, once its question has expired', () => {
    const { status, waitingFor } = waitAt(30);
    expect(status).toBe('waiting');
    expect(waitingFor).toMatchObject([
      { kind: 'dependency', who: 'worker', since: after(30 * minute), until: null },
    ]);
  });
});
