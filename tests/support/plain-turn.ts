/** Turns of nothing but text, committed by the store alone. */
import type { RunId } from '../../contracts/ids.js';
import type { Database } from '../../store/database.js';
import { commitTurn } from '../../store/turn-commit.js';

/** Commits a turn that says `text` and plans nothing. */
export async function commitPlainTurn(
  database: Database,
  runId: RunId,
  turn: number,
  text = '',
): Promise<void> {
  await commitTurn(
    database,
    { tenantId: 'default', runId },
    {
      turn,
      stop: 'final',
      model: 'test',
      requestId: null,
      inputTokens: 1,
      outputTokens: 1,
      cacheReadTokens: 0,
      costMicrosUsd: 1,
      messages: [],
      text,
      calls: [],
      failureCode: null,
    },
  );
}
