/** Turns as people read them: each with every model call that was made for it. */
import type { AttemptOutcome, AttemptPurpose, AttemptView, TurnView } from '../contracts/usage.js';
import type { Database } from './database.js';
import type { Turn, TurnAttempt } from './generated/client.js';
import type { RunAddress } from './run-transaction.js';

/** The turns of a run, in their order, with one that is under way; null when there is no such run. */
export async function listTurns(
  database: Database,
  { tenantId, runId }: RunAddress,
): Promise<TurnView[] | null> {
  const run = await database.prisma.run.findUnique({
    where: { tenantId_id: { tenantId, id: runId } },
    select: {
      turnRows: { orderBy: { turn: 'asc' } },
      attempts: { orderBy: [{ turn: 'asc' }, { attempt: 'asc' }] },
    },
  });
  if (run === null) return null;
  const { attempts } = run;
  const committed = new Map(run.turnRows.map((row) => [row.turn, row]));
  const numbers = new Set([...committed.keys(), ...attempts.map(({ turn }) => turn)]);
  return [...numbers]
    .toSorted((a, b) => a - b)
    .map((turn) => ({
      runId,
      turn,
      ...committedPart(committed.get(turn)),
      ...madeOf(
        committed.get(turn),
        attempts.filter((attempt) => attempt.turn === turn),
      ),
    }));
}

const committedPart = (row: Turn | undefined) =>
  row === undefined
    ? { model: null, stop: null, usage: null, committedAt: null }
    : {
        model: row.model,
        stop: row.stop,
        usage: usageOf(row),
        committedAt: row.committedAt.toISOString(),
      };

/** The turn's own cost is that of its committed call; turns from before calls were kept have only it. */
function madeOf(row: Turn | undefined, calls: readonly TurnAttempt[]) {
  const attempts = calls.map(attemptView);
  const others = attempts.filter(
    ({ outcome, purpose }) => purpose === 'compaction' || outcome !== 'committed',
  );
  const ended = others.filter(({ outcome }) => outcome !== 'open');
  const own = row === undefined ? [] : [Number(row.costMicrosUsd ?? 0)];
  const microsUsd = [...own, ...ended.map(({ costMicrosUsd }) => costMicrosUsd ?? 0)].reduce(
    (sum, cost) => sum + cost,
    0,
  );
  const isEstimate =
    (row !== undefined && (row.costEstimated || row.costMicrosUsd === null)) ||
    ended.some(({ isEstimate: reckoned, costMicrosUsd }) => reckoned || costMicrosUsd === null);
  return { cost: { microsUsd, isEstimate }, attempts };
}

const attemptView = (row: TurnAttempt): AttemptView => ({
  attempt: row.attempt,
  purpose: row.purpose as AttemptPurpose,
  provider: row.provider,
  model: row.model,
  outcome: row.outcome as AttemptOutcome,
  failureCode: row.failureCode,
  requestId: row.requestId,
  usage: usageOf(row),
  costMicrosUsd: row.costMicrosUsd === null ? null : Number(row.costMicrosUsd),
  isEstimate: row.estimated,
  startedAt: row.startedAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
});

const usageOf = ({
  inputTokens,
  outputTokens,
  cacheReadTokens,
  cacheWriteTokens,
}: Pick<TurnAttempt, 'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens'>) => ({
  inputTokens,
  outputTokens,
  cacheReadTokens,
  cacheWriteTokens,
});
