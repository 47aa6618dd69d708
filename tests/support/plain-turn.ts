/** Turns as a model that costs nothing answers them, committed by the store alone. */
import type { RunId } from '../../contracts/ids.js';
import type { Database } from '../../store/database.js';
import { commitTurn, type FreshTurn } from '../../store/turn-commit.js';

/** A turn that says nothing and plans nothing, but for `more`. */
export const plainTurn = (turn: number, more: Partial<FreshTurn> = {}): FreshTurn => ({
  turn,
  stop: more.calls === undefined ? 'final' : 'tools',
  model: 'test',
  requestId: null,
  inputTokens: 1,
  outputTokens: 1,
  cacheReadTokens: 0,
  costMicrosUsd: 1,
  messages: [],
  text: '',
  calls: [],
  failureCode: null,
  ...more,
});

/** Commits a turn that says `text` and plans nothing. */
export async function commitPlainTurn(
  database: Database,
  runId: RunId,
  turn: number,
  text = '',
): Promise<void> {
  await commitTurn(database, { tenantId: 'default', runId }, plainTurn(turn, { text }));
}
