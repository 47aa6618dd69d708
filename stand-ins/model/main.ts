/** The process of the model stand-in. */
import { readStandInConfig } from '../../runtime/config.js';
import { createLog, errorFields } from '../../runtime/log.js';
import { startModelStandIn } from './server.js';

async function main(): Promise<void> {
  const config = readStandInConfig();
  const log = createLog({
    service: 'model',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
  });
  try {
    const standIn = await startModelStandIn({
      port: config.STAND_IN_PORT,
      journalPath: config.STAND_IN_JOURNAL,
    });
    log.info('model stand-in listening', { url: standIn.url });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => void standIn.close());
    }
  } catch (error) {
    log.error('model stand-in could not start', errorFields(error));
    process.exitCode = 1;
  }
}

void main();
