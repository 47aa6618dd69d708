import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { ensureDatabase, isForeign } from '../../dev/database.js';
import { databaseUrl, testServers } from '../support/servers.js';

const servers = testServers();
const name = `foreign_${randomBytes(4).toString('hex')}`;
let url: string;

async function run(target: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: target });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

beforeAll(async () => {
  url = await ensureDatabase(servers.postgresUrl, name);
});
afterAll(() => run(servers.postgresUrl, `DROP DATABASE ${name}`));

describe('a database that the user brings', () => {
  it('is no stranger while it is empty, and is one once it holds tables of others', async () => {
    expect(await ensureDatabase(servers.postgresUrl, name)).toBe(url);
    expect(await isForeign(url)).toBe(false);
    await run(url, 'CREATE TABLE customers (id int)');
    expect(await isForeign(url)).toBe(true);
  });

  it('is no stranger when Belay has migrated it', async () => {
    const own = `own_${randomBytes(4).toString('hex')}`;
    await run(servers.postgresUrl, `CREATE DATABASE ${own} TEMPLATE ${servers.template}`);
    expect(await isForeign(databaseUrl(servers, own, 'owner'))).toBe(false);
    await run(servers.postgresUrl, `DROP DATABASE ${own}`);
  });
});
