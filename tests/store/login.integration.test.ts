/** The login of gateway and worker: made once, and never at the cost of somebody else's. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { ensureRuntimeLogin, ForeignLoginError } from '../../store/login.js';
import { withClient } from '../../store/with-client.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';

let testing: TestDatabase;
const names: string[] = [];
beforeAll(async () => {
  testing = await openTestDatabase();
});
afterAll(async () => {
  await asOwner(`DROP OWNED BY ${names.join(', ')}`);
  await asOwner(`DROP ROLE ${names.join(', ')}`);
  await testing.close();
});

const asOwner = (sql: string) => withClient(testing.ownerUrl, (client) => client.query(sql));
function newName(): string {
  const name = `login_${randomBytes(4).toString('hex')}`;
  names.push(name);
  return name;
}
function urlOf(name: string, password: string): string {
  const url = new URL(testing.ownerUrl);
  url.username = name;
  url.password = encodeURIComponent(password);
  return url.href;
}
const canEnter = (url: string): Promise<boolean> =>
  withClient(url, async (client: Client) => (await client.query('SELECT 1 FROM run')).rows).then(
    () => true,
    () => false,
  );

test('a login is made with its password, left alone while it works, and mended when it does not', async () => {
  const name = newName();
  const password = 'pä$$:word/1';
  const url = urlOf(name, password);
  expect(await ensureRuntimeLogin(testing.ownerUrl, url)).toBe('made');
  expect(await canEnter(url)).toBe(true);
  expect(await ensureRuntimeLogin(testing.ownerUrl, url)).toBe('there');
  const other = urlOf(name, 'another');
  expect(await ensureRuntimeLogin(testing.ownerUrl, other)).toBe('made');
  expect([await canEnter(url), await canEnter(other)]).toEqual([false, true]);
});

test('a login of an administrator gets the rights and keeps its password', async () => {
  const name = newName();
  await asOwner(`CREATE ROLE ${name} LOGIN PASSWORD 'theirs'`);
  const url = urlOf(name, 'theirs');
  expect(await canEnter(url)).toBe(false);
  expect(await ensureRuntimeLogin(testing.ownerUrl, url)).toBe('made');
  expect(await canEnter(url)).toBe(true);
});

test('a role of somebody else keeps its password, and the refusal says so', async () => {
  const name = newName();
  await asOwner(`CREATE ROLE ${name} LOGIN PASSWORD 'theirs'`);
  const making = ensureRuntimeLogin(testing.ownerUrl, urlOf(name, 'a guess'));
  await expect(making).rejects.toThrow(ForeignLoginError);
  expect(await ensureRuntimeLogin(testing.ownerUrl, urlOf(name, 'theirs'))).toBe('made');
});

test('what a session is bounded by holds without being asked for', async () => {
  const name = newName();
  const url = urlOf(name, 'secret');
  await ensureRuntimeLogin(testing.ownerUrl, url);
  const rows = await withClient(url, async (client) => {
    const { rows: found } = await client.query<{ setting: string }>(
      `SELECT current_setting('idle_in_transaction_session_timeout') AS setting`,
    );
    return found;
  });
  expect(rows).toEqual([{ setting: '3s' }]);
});
