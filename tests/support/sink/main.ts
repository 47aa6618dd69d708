/** The process of the effect sink. */
import { readStandInConfig } from '../../../runtime/config.js';
import { startSink } from './server.js';

async function main(): Promise<void> {
  const { STAND_IN_PORT: port, STAND_IN_JOURNAL: journalPath } = readStandInConfig();
  await startSink({ port, journalPath });
}

main().catch(() => process.exit(1));
