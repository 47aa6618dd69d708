/** The process of the desk stand-in. */
import { readStandInConfig } from '../../runtime/config.js';
import { createLog, errorFields } from '../../runtime/log.js';
import { startDeskStandIn } from './server.js';

async function main(): Promise<void> {
  const config = readStandInConfig();
  const log = createLog({
    service: 'desk',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
  });
  try {
    const standIn = await startDeskStandIn({
      port: config.STAND_IN_PORT,
      journalPath: config.STAND_IN_JOURNAL,
    });
    log.info('desk stand-in listening', { url: standIn.url });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => void standIn.close());
    }
  } catch (error) {
    log.error('desk stand-in could not start', errorFields(error));
    process.exitCode = 1;
  }
}

void main();
