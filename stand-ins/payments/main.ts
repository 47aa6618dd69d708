/** The process of the payments stand-in. */
import { readStandInConfig } from '../../runtime/config.js';
import { createLog, errorFields } from '../../runtime/log.js';
import { startPaymentsStandIn } from './server.js';

async function main(): Promise<void> {
  const config = readStandInConfig();
  const log = createLog({
    service: 'payments',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
  });
  try {
    const standIn = await startPaymentsStandIn({
      port: config.STAND_IN_PORT,
      journalPath: config.STAND_IN_JOURNAL,
    });
    log.info('payments stand-in listening', { url: standIn.url });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => void standIn.close());
    }
  } catch (error) {
    log.error('payments stand-in could not start', errorFields(error));
    process.exitCode = 1;
  }
}

void main();
