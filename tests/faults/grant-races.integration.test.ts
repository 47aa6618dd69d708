/** Standing grants, and everybody at once: never one use too many, and nothing sent after a revocation (P4). */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import type { GrantId } from '../../contracts/ids.js';
import { BelayError } from '../../runtime/belay-error.js';
import { settleCall } from '../../store/call-settlement.js';
import { listEffects } from '../../store/effect-views.js';
import { closeRun, requestCancel } from '../../store/run-lifecycle.js';
import { registerDesk } from '../support/agents.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import {
  attempt,
  grantOf,
  openedRun,
  planRefund,
  plannedRun,
  propose,
  revoke,
  type PlannedRun,
} from '../support/granted-run.js';
import { createDice } from '../support/seed.js';
import { tell } from './figures.js';
import { cases } from './size.js';

jest.setTimeout(7_200_000);

const rounds = cases(8, 1_000);

let test: TestDatabase;
let owner: Client;
beforeAll(async () => {
  test = await openTestDatabase();
  owner = new Client({ connectionString: test.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await test.close();
});

let desks = 0;
async function granted(uses: number): Promise<{ readonly agent: string; readonly id: GrantId }> {
  const agent = `desk-${(desks += 1)}`;
  await registerDesk(test.database, agent, () => ({}));
  return { agent, id: (await propose(test.database, { agent, uses })).id };
}
const sentOf = async (runs: readonly PlannedRun[]): Promise<number> => {
  const effects = await Promise.all(runs.map(({ address }) => listEffects(test.database, address)));
  return effects.flat().filter((effect) => effect?.state === 'dispatched').length;
};
/** What the rows of uses say, beside what the grant counts. */
async function countsOf(id: GrantId): Promise<{ used: number; taken: number }> {
  const { rows } = await owner.query<{ used: number; taken: number }>(
    `SELECT used, (SELECT count(*)::int FROM grant_use WHERE grant_id = g.id
       AND freed_at IS NULL) AS taken FROM standing_grant g WHERE id = $1`,
    [id],
  );
  return rows[0] ?? { used: -1, taken: -2 };
}

/** A documented refusal is an answer; everything else would reach a caller. */
async function answerOf(acting: Promise<unknown>): Promise<string> {
  try {
    await acting;
    return 'done';
  } catch (error) {
    if (error instanceof BelayError && error.code !== 'internal') return error.code;
    throw error;
  }
}

describe('a grant', () => {
  it('of one use is used by one of two runs at once: the other is asked about', async () => {
    const { database } = test;
    for (let round = 0; round < rounds; round += 1) {
      const { agent, id } = await granted(1);
      const opened = [await openedRun(database, { agent }), await openedRun(database, { agent })];
      const runs = await Promise.all(opened.map((runId) => planRefund(database, runId, { agent })));
      const verdicts = runs.map(({ planned }) => planned.verdict).toSorted();
      expect(verdicts).toEqual(['allow', 'ask']);
      const starts = await Promise.all(runs.map((run) => attempt(database, run)));
      expect(starts.map(({ kind }) => kind).toSorted()).toEqual(['needs-approval', 'started']);
      expect(await sentOf(runs)).toBe(1);
      expect(await countsOf(id)).toEqual({ used: 1, taken: 1 });
    }
    const runs = rounds * 2;
    const found = { seed: 0, cases: rounds, runs, lost: 0, duplicated: 0 };
    tell({ scenario: 'grants: one use, two runs at once', ...found });
  });

  it('that is revoked while it is used: sent before that, or never', async () => {
    const { database } = test;
    for (let round = 0; round < rounds; round += 1) {
      const { agent, id } = await granted(3);
      const run = await plannedRun(database, { agent });
      const late = await plannedRun(database, { agent });
      const [start] = await Promise.all([attempt(database, run), revoke(database, id)]);
      expect(['started', 'needs-approval']).toContain(start.kind);
      // It has been answered: from here on nothing starts under it.
      expect(await attempt(database, late)).toMatchObject({ kind: 'needs-approval' });
      const used = start.kind === 'started' ? 1 : 0;
      expect(await sentOf([run, late])).toBe(used);
      expect(await countsOf(id)).toEqual({ used, taken: used });
      const { rows } = await owner.query(
        `SELECT FROM grant_use JOIN standing_grant g ON g.id = grant_id
         WHERE g.id = $1 AND dispatched_at > revoked_at`,
        [id],
      );
      expect(rows).toEqual([]);
    }
    const found = { seed: 0, cases: rounds, runs: rounds * 2, lost: 0, duplicated: 0 };
    tell({ scenario: 'grants: revoked while they are used', ...found });
  });

  it('that runs plan, send, cancel and end in every order counts what it gave, and no use too many', async () => {
    const { database } = test;
    const dice = createDice('grants: everybody at once');
    const uses = 3;
    for (let round = 0; round < rounds; round += 1) {
      const { agent, id } = await granted(uses);
      const runs: PlannedRun[] = [];
      const acts = [
        attempt,
        (_: unknown, run: PlannedRun) =>
          requestCancel(database, run.address, { by: 'otto', reason: null }, null),
        (_: unknown, run: PlannedRun) =>
          closeRun(database, run.address, { status: 'cancelled', code: null }),
        (_: unknown, run: PlannedRun) =>
          settleCall(database, run.address, run.callId, 'tool-unavailable', () => true),
      ] as const;
      const one = async (): Promise<void> => {
        const run = await plannedRun(database, { agent });
        runs.push(run);
        for (let step = dice.roll(3); step > 0; step -= 1) {
          const act = acts[dice.roll(acts.length)] ?? attempt;
          await answerOf(act(database, run));
        }
      };
      await Promise.all(Array.from({ length: 8 }, one));
      const counts = await countsOf(id);
      expect(counts.used).toBe(counts.taken);
      expect(counts.used).toBeLessThanOrEqual(uses);
      expect(await grantOf(database, id)).toMatchObject({ used: counts.used });
      // What was sent under it is counted; what is counted was sent, or may still be.
      const { rows } = await owner.query<{ sent: number; open: number }>(
        `SELECT count(effect.key)::int AS sent,
           count(*) FILTER (WHERE effect.key IS NULL AND call.state = 'planned')::int AS open
         FROM call LEFT JOIN effect ON effect.call_id = call.id
           AND effect.state IN ('dispatched', 'parked', 'confirmed')
         WHERE grant_id = $1`,
        [id],
      );
      const { sent, open } = rows[0] ?? { sent: -1, open: -1 };
      expect(counts.used).toBe(sent + open);
    }
    const found = { seed: dice.seed, cases: rounds, runs: rounds * 8, lost: 0, duplicated: 0 };
    tell({ scenario: 'grants: everybody at once', ...found });
  });
});
