/** Whose key a text is, and what is noted of its use. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKeyring, makeApiKey, type NewApiKey } from '../../store/keyring.js';
import { registerPrincipal, seedPrincipals } from '../../store/register-principals.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';

const [older, newer] = [
  'an-older-pepper-of-thirty-two-chars',
  'a-newer-pepper-of-thirty-two-chars',
];

let own: TestDatabase;
beforeAll(async () => {
  own = await openTestDatabase();
});
afterAll(() => own.close());

const query = (sql: string, ...values: readonly unknown[]) =>
  own.database.pool.query<Readonly<Record<string, unknown>>>(sql, [...values]);
const author = { tenantId: 'default', by: null, reason: 'A test.' };

/** A principal of its own with a key made by the pepper. */
async function keyOf(id: string, pepper = newer): Promise<NewApiKey> {
  const key = makeApiKey([pepper]);
  await registerPrincipal(own.database, author, { id, roles: ['viewer'], labels: [] }, key);
  return key;
}
const rowOf = async ({ id }: NewApiKey) =>
  (await query('SELECT * FROM api_key WHERE id = $1', id)).rows[0];
const ring = (...peppers: readonly [string, ...string[]]) => createKeyring(own.database, peppers);

describe('a key', () => {
  test('is known by its pepper, and its text and secret are in no row', async () => {
    const key = await keyOf('plain');
    const known = await ring(newer).find('default', key.text);
    expect(known).toEqual({
      id: key.id,
      principal: { id: 'plain', tenantId: 'default', roles: ['viewer'], labels: [] },
    });
    const row = JSON.stringify(await rowOf(key));
    expect(row).toContain(key.hash);
    expect(row).not.toContain(key.text.slice(15));
  });

  test('of another tenant, another secret or another pepper is nobody’s', async () => {
    const { text, id } = await keyOf('strict');
    expect(await ring(newer).find('other', text)).toBeNull();
    expect(await ring(newer).find('default', `belay_${id}_${'A'.repeat(43)}`)).toBeNull();
    expect(await ring(older).find('default', text)).toBeNull();
  });

  test('whose hash in Postgres is damaged is nobody’s, and breaks nothing', async () => {
    const key = await keyOf('damaged');
    for (const hash of ['', 'x', key.hash.slice(1), `${key.hash}0`, 'ä'.repeat(64)]) {
      await query('UPDATE api_key SET secret_digest = $2 WHERE id = $1', key.id, hash);
      expect(await ring(newer).find('default', key.text)).toBeNull();
    }
  });

  test('works until it expires, by the clock of Postgres', async () => {
    const key = await keyOf('expiring');
    const expireIn = (seconds: number) =>
      query(
        `UPDATE api_key SET expires_at = clock_timestamp() + $2 * interval '1 second' WHERE id = $1`,
        key.id,
        seconds,
      );
    await expireIn(60);
    expect(await ring(newer).find('default', key.text)).not.toBeNull();
    await expireIn(0);
    expect(await ring(newer).find('default', key.text)).toBeNull();
    expect(await ring(newer).findDead('default', [key.id])).toEqual([key.id]);
  });

  test('that is unknown is dead, as are revoked ones and those of revoked principals', async () => {
    const [living, revoked, orphan] = [
      await keyOf('lives'),
      await keyOf('lost'),
      await keyOf('gone'),
    ];
    await query('UPDATE api_key SET revoked_at = clock_timestamp() WHERE id = $1', revoked.id);
    await query(`UPDATE principal SET revoked_at = clock_timestamp() WHERE id = 'gone'`);
    const ids = ['ffffffff', living.id, revoked.id, orphan.id];
    expect(await ring(newer).findDead('default', ids)).toEqual(['ffffffff', revoked.id, orphan.id]);
  });
});

describe('a change of pepper', () => {
  test('leaves every key working, and moves those that are used to the new one', async () => {
    const key = await keyOf('moving', older);
    expect(await ring(newer, older).find('default', key.text)).not.toBeNull();
    await eventually(
      'it has moved',
      async () => (await rowOf(key))?.['secret_digest'] !== key.hash,
    );
    expect(await ring(newer).find('default', key.text)).not.toBeNull();
    expect(await ring(older).find('default', key.text)).toBeNull();
  });

  test('makes new keys by the first pepper', async () => {
    const fresh = ring(newer, older).make();
    expect(fresh).toEqual(makeApiKey([newer], fresh.text));
  });
});

describe('the use of a key', () => {
  const lastUsed = async (key: NewApiKey) => (await rowOf(key))?.['last_used_at'];

  test('is noted, once a minute however often it is used', async () => {
    const key = await keyOf('busy');
    const keyring = ring(newer);
    await keyring.find('default', key.text);
    await eventually('it is noted', async () => (await lastUsed(key)) !== null);
    const first = await lastUsed(key);
    const version = async () =>
      (await query('SELECT xmin::text FROM api_key WHERE id = $1', key.id)).rows[0]?.['xmin'];
    const written = await version();
    await Promise.all(Array.from({ length: 50 }, () => keyring.find('default', key.text)));
    // The note of another key, begun after all that these could have left behind.
    const marker = await keyOf('marker');
    await keyring.find('default', marker.text);
    await eventually('the marker is noted', async () => (await lastUsed(marker)) !== null);
    expect([await lastUsed(key), await version()]).toEqual([first, written]);
    await query(
      `UPDATE api_key SET last_used_at = clock_timestamp() - interval '61 seconds' WHERE id = $1`,
      key.id,
    );
    await keyring.find('default', key.text);
    await eventually('it is noted again', async () => (await lastUsed(key))! >= first!);
  });

  test('is never in the way: a row that somebody holds is not waited for', async () => {
    const key = await keyOf('held');
    const holder = await own.database.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM api_key WHERE id = $1 FOR UPDATE', [key.id]);
      const keyring = ring(newer);
      for (let time = 0; time < 100; time += 1) {
        expect(await keyring.find('default', key.text)).not.toBeNull();
      }
      const waiting = `SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted`;
      expect((await query(waiting)).rows).toEqual([{ count: 0 }]);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
  });
});

describe('the people of the demo', () => {
  const adam = { id: 'adam', roles: ['admin'], labels: [] } as const;

  test('stay as an admin left them when the stack starts again, with a new pepper too', async () => {
    const { text: apiKey, id } = makeApiKey([older]);
    const seed = (pepper: string) =>
      seedPrincipals(own.database, 'default', [{ ...adam, apiKey }], [pepper]);
    await seed(older);
    await query(`UPDATE principal SET labels = '{ops}' WHERE id = 'adam'`);
    await seed(newer);
    expect(await ring(newer).find('default', apiKey)).toMatchObject({
      principal: { id: 'adam', labels: ['ops'] },
    });
    await query('UPDATE api_key SET revoked_at = clock_timestamp() WHERE id = $1', id);
    await seed(newer);
    expect(await ring(newer).find('default', apiKey)).toBeNull();
    const changes = await query('SELECT act FROM principal_change WHERE key_id = $1', id);
    expect(changes.rows).toEqual([{ act: 'key-made' }]);
  });
});

describe('what Postgres itself refuses', () => {
  test('is to mend or delete a change, to delete a principal or a key', async () => {
    for (const sql of [
      `UPDATE principal_change SET by = 'eve'`,
      'DELETE FROM principal_change',
      'DELETE FROM api_key',
      'DELETE FROM principal',
    ]) {
      await expect(query(sql)).rejects.toThrow('permission denied');
    }
  });

  test('is a principal who configures and approves, or who is nothing', async () => {
    const write = (roles: string) =>
      query(`UPDATE principal SET roles = $1 WHERE id = 'ana'`, roles);
    await expect(write('{approver,viewer,admin}')).rejects.toThrow('admin_approves_nothing');
    await expect(write('{}')).rejects.toThrow('has_a_role');
  });
});
