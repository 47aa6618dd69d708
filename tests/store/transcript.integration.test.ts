/** The transcript: only ever added to, and whoever changes it is found out (P8). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projectRoot } from '../../runtime/project-root.js';
import { commitTurn, type FreshTurn } from '../../store/turn-commit.js';
import { openRun } from '../../store/run-lifecycle.js';
import { loadTurn } from '../../store/turns.js';
import { withClient } from '../../store/with-client.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { plainTurn } from '../support/plain-turn.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const migration = path.join(
  projectRoot,
  'prisma/migrations/20261130120000_conversations/migration.sql',
);
const text = (words: string): string => JSON.stringify([{ type: 'text', text: words }]);
const turnOf = (turn: number, seq: number): FreshTurn =>
  plainTurn(turn, {
    stop: 'tools',
    messages: [
      { seq, role: 'user', content: text(`asked ${turn}`) },
      { seq: seq + 1, role: 'assistant', content: text(`said ${turn}`) },
    ],
  });

/** A run of three turns. */
async function talkedRun() {
  const address = { tenantId: 'default', runId: await queueRun(test.database) };
  await openRun(test.database, address, `engine-${address.runId}`);
  for (const turn of [1, 2, 3])
    await commitTurn(test.database, address, turnOf(turn, 2 * turn - 1));
  return address;
}

const brokenAt = async (address: Awaited<ReturnType<typeof talkedRun>>) =>
  (await loadTurn(test.database, address, 4))?.transcript.brokenAt;

/** Changes rows as the owner of the database can. */
const tamper = (sql: string, ...values: readonly string[]): Promise<unknown> =>
  withClient(test.ownerUrl, (client) => client.query(sql, [...values]));

describe('a transcript', () => {
  it('fits its hashes as it was written', async () => {
    expect(await brokenAt(await talkedRun())).toBeNull();
  });

  it.each([
    ['a message was edited', `UPDATE message SET content = '[]' WHERE run_id = $1 AND seq = 3`, 3],
    [
      'a message was edited with the hash of its content',
      `UPDATE message SET content = '[]', sha256 = encode(sha256('[]'), 'hex')
       WHERE run_id = $1 AND seq = 3`,
      3,
    ],
    ['somebody else said it', `UPDATE message SET role = 'user' WHERE run_id = $1 AND seq = 2`, 2],
    ['a message was taken out', 'DELETE FROM message WHERE run_id = $1 AND seq IN (2, 3)', 4],
  ])('is broken where %s', async (_what, sql, seq) => {
    const address = await talkedRun();
    await tamper(sql, address.runId);
    expect(await brokenAt(address)).toBe(seq);
  });

  it('from before there were hashes has them since the migration', async () => {
    const address = await talkedRun();
    const [, fill] = /(WITH RECURSIVE link[^;]+);/.exec(readFileSync(migration, 'utf8')) ?? [];
    await tamper(`UPDATE message SET chain_hash = ''`);
    expect(await brokenAt(address)).toBe(1);
    await tamper(fill ?? '');
    expect(await brokenAt(address)).toBeNull();
  });

  it('of another run does not fit', async () => {
    const [one, other] = [await talkedRun(), await talkedRun()];
    await tamper('DELETE FROM message WHERE run_id = $1', one.runId);
    await tamper('UPDATE message SET run_id = $1 WHERE run_id = $2', one.runId, other.runId);
    expect(await brokenAt(one)).toBe(1);
  });

  it('can’t be changed by the product itself', async () => {
    const address = await talkedRun();
    const change = test.database.pool.query(`UPDATE message SET content = '[]' WHERE run_id = $1`, [
      address.runId,
    ]);
    await expect(change).rejects.toMatchObject({ code: '42501' });
  });

  it('takes no turn that was made from a shorter one, and the turn is taken again', async () => {
    const address = await talkedRun();
    const late = commitTurn(test.database, address, turnOf(4, 3));
    await expect(late).rejects.toMatchObject({ code: 'turn-overtaken' });
    expect(await brokenAt(address)).toBeNull();
  });
});
