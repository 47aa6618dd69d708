/** Postgres away: an honest 503, a process that stays, and work that resumes by itself (P13). */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { passFreely } from '../../runtime/crash-points.js';
import { createLog } from '../../runtime/log.js';
import { createApp } from '../../server/app.js';
import { createFeed } from '../../server/feed.js';
import { createSigner, newPrivateKey } from '../../runtime/signing.js';
import { openDatabase } from '../../store/database.js';
import { createKeyring } from '../../store/keyring.js';
import { createApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { testServers } from '../support/servers.js';
import { askRun } from '../support/asked-run.js';
import { testPepper } from '../support/servers.js';
import { openGateway, type TestGateway } from './gateway.js';
import { readStream } from './read-stream.js';

type Problem = Readonly<Record<string, unknown>>;
const body = { agent: 'refund-desk', input: { message: 'Refund order 42' } };
const unavailable = { code: 'database-unavailable', retryable: true, status: 503 };

describe('while Postgres refuses connections', () => {
  let gateway: TestGateway;
  let superuser: Client;
  let name: string;
  beforeAll(async () => {
    gateway = await openGateway();
    name = new URL(gateway.test.url).pathname.slice(1);
    superuser = new Client({ connectionString: testServers().postgresUrl });
    await superuser.connect();
  });
  afterAll(async () => {
    await superuser.end();
    await gateway.close();
  });

  const goAway = async (): Promise<void> => {
    await superuser.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await superuser.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1',
      [name],
    );
  };
  const comeBack = () => superuser.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);

  test('every call says so, nothing crashes, and streams go on when it is back', async () => {
    const { runId } = await askRun(gateway.local, gateway.test.database);
    let isOpen = false;
    const following = readStream(`${gateway.url}/v1/runs/${runId}/events`, null, 6, () => {
      isOpen = true;
    });
    await eventually('the stream is open', async () => isOpen);
    // Calls that are under way when it goes.
    const storm = Array.from({ length: 40 }, () =>
      gateway.local.call<Problem>('POST', '/v1/runs', body),
    );
    await goAway();
    for (const answer of await Promise.all(storm)) expect([202, 503]).toContain(answer.status);
    const calls = [
      gateway.local.call<Problem>('POST', '/v1/runs', body),
      gateway.local.call<Problem>('GET', '/v1/runs'),
      gateway.local.call<Problem>('GET', `/v1/runs/${runId}`),
      gateway.local.call<Problem>('GET', `/v1/runs/${runId}/events`),
      gateway.local.call<Problem>('POST', `/v1/runs/${runId}/cancel`, {}),
      gateway.local.call<Problem>('GET', '/v1/approvals'),
      gateway.local.call<Problem>('GET', '/v1/agents'),
      gateway.as('otto').call<Problem>('GET', '/v1/runs'),
    ];
    for (const answer of await Promise.all(calls)) {
      expect(answer.body).toMatchObject(unavailable);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect((await gateway.local.call('GET', '/livez')).status).toBe(200);
    await comeBack();
    await eventually('it answers again', async () => {
      const answer = await gateway.local.call('POST', `/v1/runs/${runId}/cancel`, {});
      return answer.status === 202;
    });
    const { frames } = await following;
    expect(frames.map(({ id }) => Number(id))).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

test('a gateway that starts without Postgres answers, and says what is missing', async () => {
  const url = 'postgres://nobody@127.0.0.1:1/nothing';
  const log = createLog({ service: 'test', level: 'error', format: 'json' });
  const database = openDatabase({ url, poolSize: 2, log, name: 'belay-test' });
  const feed = createFeed({ database, listenUrl: url, log });
  const app = createApp({
    database,
    keyring: createKeyring(database, [testPepper]),
    keyWatch: { watch: () => () => undefined, close: () => undefined },
    log,
    passPoint: passFreely,
    signer: createSigner(newPrivateKey()),
    feed,
    health: { read: () => Promise.reject(new Error('unused')), stop: () => undefined },
    isLocalAllowed: true,
    temporalUi: null,
    localStack: null,
    wakeOutbox: () => undefined,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api = createApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const answers = await Promise.all([
    api.call<Problem>('GET', '/v1/runs'),
    api.call<Problem>('POST', '/v1/runs', body),
    api.call<Problem>('POST', '/v1/runs', body, { 'idempotency-key': 'one' }),
  ]);
  for (const answer of answers) expect(answer.body).toMatchObject(unavailable);
  await feed.close();
  server.closeAllConnections();
  server.close();
  await database.close();
});
