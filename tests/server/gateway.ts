/** The gateway in this process, over real HTTP and on a database of its own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { passFreely } from '../../runtime/crash-points.js';
import { createLog } from '../../runtime/log.js';
import { createSigner } from '../../runtime/signing.js';
import { createApp } from '../../server/app.js';
import type { GatewayDependencies } from '../../server/dependencies.js';
import { createKeyWatch } from '../../server/key-watch.js';
import { createFeed, type Feed } from '../../server/feed.js';
import type { Health } from '../../server/health.js';
import { createKeyring } from '../../store/keyring.js';
import { createApi, type Api } from '../support/api.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { testPepper, testServers } from '../support/servers.js';

export interface TestGateway {
  readonly test: TestDatabase;
  readonly app: Express;
  readonly url: string;
  readonly port: number;
  readonly feed: Feed;
  /** A caller without a key. */
  readonly local: Api;
  /** A caller with the key of a principal of the demo. */
  as(principal: string): Api;
  close(): Promise<void>;
}

const health: Health = {
  read: () => Promise.reject(new Error('Nobody asks for health here')),
  stop: () => undefined,
};

/** Listens on a free port of 127.0.0.1. What is not under test can be replaced. */
export async function openGateway(
  replaced: Partial<GatewayDependencies> = {},
): Promise<TestGateway> {
  const test = await openTestDatabase();
  const log = createLog({ service: 'test', level: 'error', format: 'json' });
  const { database, url: listenUrl } = test;
  const feed = createFeed({ database, listenUrl, log });
  const keyring = createKeyring(database, [testPepper]);
  const keyWatch = createKeyWatch(keyring);
  const app = createApp({
    database,
    keyring,
    keyWatch,
    log,
    passPoint: passFreely,
    signer: createSigner(testServers().signingKey),
    feed,
    health,
    isLocalAllowed: true,
    temporalUi: { url: 'http://127.0.0.1:8233', namespace: 'default' },
    localStack: null,
    wakeOutbox: () => undefined,
    ...replaced,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    test,
    app,
    url,
    port,
    feed,
    local: createApi(url),
    as: (principal) => createApi(url, test.principals[principal] ?? 'nobody'),
    close: async () => {
      keyWatch.close();
      await feed.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await test.close();
    },
  };
}
