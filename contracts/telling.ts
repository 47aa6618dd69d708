/** When people are told of a question that nobody decides: by its times alone (P9). Pure. */
import type { EscalationStep } from './approval.js';
import { remindAtShare, remindEveryMs, unclosedAfterMs } from './retry-policies.js';
import { levelAt } from './voting.js';

/** A question by its times, RFC 3339. */
export interface TimedQuestion {
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly escalation: readonly EscalationStep[];
  readonly requestedAt: string;
  readonly expiresAt: string;
}

/** What comes of a level that passes without a decision, and when (RFC 3339). */
export interface LevelEnd {
  readonly at: string;
  /** Who is asked then; null where the question is closed. */
  readonly next: EscalationStep | null;
}

/** How the level of a question ends, if nobody decides. */
export function levelEnd(question: TimedQuestion, index: number): LevelEnd {
  const step = question.escalation[index];
  const stepAtMs = Date.parse(question.requestedAt) + (step?.afterMs ?? Infinity);
  return step === undefined || stepAtMs >= Date.parse(question.expiresAt)
    ? { at: question.expiresAt, next: null }
    : { at: new Date(stepAtMs).toISOString(), next: step };
}

/** The latest time up to `now` at which the people of the present level are to be reminded, or null. */
export function lastReminderAt(question: TimedQuestion, now: string): string | null {
  const nowMs = Date.parse(now);
  const { firstMs } = remindersOf(question, now);
  if (nowMs < firstMs) return null;
  const passed = Math.floor((nowMs - firstMs) / remindEveryMs);
  return new Date(firstMs + passed * remindEveryMs).toISOString();
}

/**
 * When a question is to be looked at next, after `now`: a reminder is due, its level ends, or a worker
 * should have closed it. Null once nothing more is to be told of it.
 */
export function nextLookAt(question: TimedQuestion, now: string): string | null {
  const nowMs = Date.parse(now);
  const expiresAtMs = Date.parse(question.expiresAt);
  const unclosedAtMs = expiresAtMs + unclosedAfterMs;
  if (nowMs >= expiresAtMs) return nowMs < unclosedAtMs ? rfc3339(unclosedAtMs) : null;
  const { firstMs, endMs } = remindersOf(question, now);
  const passed = nowMs < firstMs ? 0 : Math.floor((nowMs - firstMs) / remindEveryMs) + 1;
  const reminderMs = firstMs + passed * remindEveryMs;
  if (reminderMs < endMs) return rfc3339(reminderMs);
  return rfc3339(endMs < expiresAtMs ? endMs : unclosedAtMs);
}

/** The first reminder of the present level, and the end of that level. */
function remindersOf(question: TimedQuestion, now: string) {
  const { requestedAt, escalation } = question;
  const { index } = levelAt(question, requestedAt, now);
  const startMs = Date.parse(requestedAt) + (escalation[index - 1]?.afterMs ?? 0);
  const endMs = Date.parse(levelEnd(question, index).at);
  return { firstMs: Math.ceil(startMs + (endMs - startMs) * remindAtShare), endMs };
}

const rfc3339 = (ms: number): string => new Date(ms).toISOString();
