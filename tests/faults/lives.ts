/** The lives of a process under test: when it was up, and when the runs that it left went on. */
import { eventually } from '../support/eventually.js';
import type { Part, TestStack } from '../support/stack.js';

export interface Birth {
  /** When it said that it was ready. */
  readonly upAt: Date;
  readonly bootMs: number;
}

/** Starts gateway or worker and resolves when it has said that it listens or polls. */
export async function startUp(part: Part, more?: Readonly<Record<string, string>>): Promise<Birth> {
  const startedAtMs = Date.now();
  await part.start(more);
  let upAt: Date | null = null;
  await eventually('the process is up', async () => {
    upAt = saidReadyAt(part);
    return upAt !== null;
  });
  const at = upAt ?? new Date();
  return { upAt: at, bootMs: at.getTime() - startedAtMs };
}

function saidReadyAt(part: Part): Date | null {
  for (const line of part.log().trimEnd().split('\n').toReversed()) {
    if (!line.includes(`"pid":${part.pid}`)) continue;
    const { message, timestamp } = JSON.parse(line) as { message: string; timestamp: string };
    if (message === 'Polling' || message === 'listening') return new Date(timestamp);
  }
  return null;
}

/** The runs that somebody works on, or should: what waits for people is not among them. */
export async function runsInHand(stack: TestStack): Promise<readonly string[]> {
  const { rows } = await stack.test.database.pool.query<{ id: string }>(
    `SELECT id FROM run WHERE status IN ('queued', 'running')`,
  );
  return rows.map(({ id }) => id);
}

/** How long after `since` each of these runs went on, in milliseconds. Waits for all of them. */
export async function recoveryOf(
  stack: TestStack,
  runIds: readonly string[],
  since: Date,
  withinMs = 60_000,
): Promise<readonly number[]> {
  const progress = () =>
    stack.test.database.pool
      .query<{ ended: boolean; ms: number | null }>(
        `SELECT ended IS NOT NULL AS ended,
           (SELECT extract(epoch FROM min(at) - $2)::float8 * 1000 FROM event
            WHERE event.run_id = run.id AND at > $2) AS ms
         FROM run WHERE id = ANY($1)`,
        [runIds, since],
      )
      .then(({ rows }) => rows)
      .catch(() => null);
  let known: Awaited<ReturnType<typeof progress>> = null;
  await eventually(
    `${runIds.length} runs have gone on`,
    async () => {
      known = await progress();
      return known !== null && known.every(({ ended, ms }) => ended || ms !== null);
    },
    withinMs,
  );
  return (known ?? []).flatMap(({ ms }: { ms: number | null }) => (ms === null ? [] : [ms]));
}
