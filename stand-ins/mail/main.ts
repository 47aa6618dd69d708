/** The process of the mail stand-in. */
import { readStandInConfig } from '../../runtime/config.js';
import { createLog, errorFields } from '../../runtime/log.js';
import { startMailStandIn } from './server.js';

async function main(): Promise<void> {
  const config = readStandInConfig();
  const log = createLog({
    service: 'mail',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
  });
  try {
    const standIn = await startMailStandIn({
      smtpPort: config.STAND_IN_PORT,
      queryPort: config.STAND_IN_QUERY_PORT ?? 0,
      journalPath: config.STAND_IN_JOURNAL,
    });
    log.info('mail stand-in listening', { url: standIn.smtpUrl });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => void standIn.close());
    }
  } catch (error) {
    log.error('mail stand-in could not start', errorFields(error));
    process.exitCode = 1;
  }
}

void main();
