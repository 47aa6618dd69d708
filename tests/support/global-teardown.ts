/** Ends the servers of the run and removes what they kept. */
import { rm } from 'node:fs/promises';
import { testServers } from './servers.js';

export default async function tearDown(): Promise<void> {
  const { stopTestServers } = globalThis as { stopTestServers?: () => Promise<unknown> };
  await stopTestServers?.();
  await rm(testServers().folder, { recursive: true, force: true });
}
