/** Once a run: one Postgres with a migrated template, one Temporal server. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ownPort } from './ports.js';
import { startPostgres } from '../../dev/postgres.js';
import { loadKeys } from '../../dev/seed.js';
import { newPrivateKey } from '../../runtime/signing.js';
import { prepareNamespace, startTemporal } from '../../dev/temporal.js';
import { publishServers, templateName, type TestServers } from './servers.js';
import { prepareTemplate } from './template.js';

export default async function setUp(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'belay-test-'));
  // Postgres runs as another user when the tests run as root.
  await chmod(folder, 0o755);
  const [postgresPort, temporalPort] = [await ownPort(), await ownPort()];
  const silent = (): void => undefined;
  const [postgres, temporal] = await Promise.all([
    startPostgres({
      dataDir: path.join(folder, 'pg'),
      port: postgresPort,
      log: silent,
      fast: true,
    }),
    startTemporal({
      cliPath: process.env['BELAY_TEST_TEMPORAL_CLI'] ?? 'temporal',
      dbFile: null,
      port: temporalPort,
      uiPort: null,
      log: silent,
      logFile: path.join(folder, 'temporal.log'),
    }),
  ]);
  const servers: TestServers = {
    postgresUrl: postgres.url,
    template: templateName,
    rolePassword: randomBytes(16).toString('hex'),
    temporalAddress: temporal.address,
    keys: loadKeys(path.join(folder, 'keys.json')),
    signingKey: newPrivateKey(),
    folder,
  };
  await Promise.all([prepareTemplate(servers), prepareNamespace(temporal.address)]);
  publishServers(servers);
  const stop = () => Promise.all([postgres.stop(), temporal.stop()]);
  Object.assign(globalThis, { stopTestServers: stop });
}
