import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { unclosedAfterMs } from '../../contracts/retry-policies.js';
import { lastReminderAt, nextLookAt, type TimedQuestion } from '../../contracts/telling.js';
import { levelAt } from '../../contracts/voting.js';
import { time } from '../support/status-rows.js';

const second = 1_000;
const hour = 3_600 * second;
const start = Date.parse(time);
const at = (ms: number): string => new Date(start + ms).toISOString();

function questionOf(expiresInMs: number, ...stepsMs: readonly number[]): TimedQuestion {
  const escalation = stepsMs.map((afterMs, index) => ({
    afterMs,
    approvers: [`level-${index + 1}`],
    quorum: 1,
  }));
  const approvers = ['level-0'];
  return { approvers, quorum: 1, escalation, requestedAt: time, expiresAt: at(expiresInMs) };
}

/** Every time at which a question is looked at when nobody decides it, in milliseconds. */
function looks(question: TimedQuestion): readonly number[] {
  const found: number[] = [];
  let next = nextLookAt(question, time);
  while (next !== null) {
    found.push(Date.parse(next) - start);
    next = nextLookAt(question, next);
  }
  return found;
}

describe('a question that nobody decides', () => {
  it('is reminded of at half of its time, and looked at once more when it should be closed', () => {
    expect(looks(questionOf(24 * hour))).toEqual([12 * hour, 24 * hour + unclosedAfterMs]);
  });

  it('is reminded of every day after that, like a parked effect', () => {
    const days = looks(questionOf(6 * 24 * hour)).map((ms) => ms / hour);
    expect(days.slice(0, -1)).toEqual([72, 96, 120]);
  });

  it('is reminded of at half of the time of each level, and told at each rise', () => {
    const question = questionOf(80 * second, 20 * second, 60 * second);
    expect(looks(question).map((ms) => ms / second)).toEqual([10, 20, 40, 60, 70, 83]);
  });

  it('is looked at right after any rise, and never twice for one reason, whatever its times', () => {
    const steps = fc.uniqueArray(fc.integer({ min: second, max: 90 * hour }), { maxLength: 5 });
    const any = fc.record({ expiresInMs: fc.integer({ min: 0, max: 100 * hour }), steps });
    fc.assert(
      fc.property(any, ({ expiresInMs, steps: unsorted }) => {
        const stepsMs = unsorted.toSorted((left, right) => left - right);
        const question = questionOf(expiresInMs, ...stepsMs);
        const all = looks(question);
        expect(new Set(all).size).toBe(all.length);
        for (const stepMs of stepsMs.filter((ms) => ms < expiresInMs)) {
          expect(all).toContain(stepMs);
          expect(levelAt(question, time, at(stepMs)).index).toBe(stepsMs.indexOf(stepMs) + 1);
        }
        expect(all.at(-1)).toBe(expiresInMs + unclosedAfterMs);
        for (const ms of all.slice(0, -1)) {
          const reminder = lastReminderAt(question, at(ms));
          expect(reminder === at(ms) || stepsMs.includes(ms)).toBe(true);
        }
      }),
    );
  });

  it('has no reminder before its first', () => {
    expect(lastReminderAt(questionOf(24 * hour), at(12 * hour - 1))).toBeNull();
    expect(lastReminderAt(questionOf(24 * hour), at(12 * hour))).toBe(at(12 * hour));
  });
});
