/** The rows of a run that has begun and waits for nothing. */
import type { StatusInput } from '../../contracts/status.js';

export const time = '2026-01-01T00:00:00.000Z';

export const emptyRows: StatusInput = {
  now: time,
  createdAt: time,
  startedAt: time,
  pausedAt: null,
  ended: null,
  start: null,
  turnRetry: null,
  openCalls: [],
  pendingApprovals: [],
  untakenAnswers: [],
  parkedEffects: [],
};
