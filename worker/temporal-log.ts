/** Temporal's own log lines as ours: their ids pass, task arguments and error texts do not. */
import type { LogLevel, LogMetadata, Logger } from '@temporalio/worker';
import { errorFields, type Log, type LogFields } from '../runtime/log.js';

/** A logger for Temporal's runtime. Its messages are constants of the SDK; of its fields only ids are kept. */
export function createTemporalLog(log: Log): Logger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (text: string, meta?: LogMetadata) => {
    if (!toldByAdapter.has(text)) log[level](firstLine(text), fieldsOf(meta));
  };
  const levels = {
    trace: () => undefined,
    debug: at('debug'),
    // The SDK's "info" is the life of a poller, not of a run.
    info: at('debug'),
    warn: at('warn'),
    error: at('error'),
  };
  return {
    ...levels,
    log: (level: LogLevel, text: string, meta?: LogMetadata) =>
      levels[level.toLowerCase() as keyof typeof levels](text, meta),
  };
}

/** The adapter of our activities says these itself, with the code and without the error's text. */
const toldByAdapter: ReadonlySet<string> = new Set([
  'Activity started',
  'Activity completed',
  'Activity failed',
  'Activity cancelled',
]);

/** The first line up to a colon: what follows may quote an error. */
const firstLine = (text: string): string => text.split(/[\n:]/, 1)[0] ?? '';

function fieldsOf(meta: LogMetadata | undefined): LogFields {
  if (meta === undefined) return {};
  const { workflowId, activityId, activityType, attempt, taskQueue, error } = meta;
  return {
    ...(typeof workflowId === 'string' ? { workflowId, runId: workflowId } : {}),
    ...(typeof activityId === 'string' ? { activityId } : {}),
    ...(typeof activityType === 'string' ? { activityType } : {}),
    ...(typeof attempt === 'number' ? { attempt } : {}),
    ...(typeof taskQueue === 'string' ? { taskQueue } : {}),
    ...(error === undefined ? {} : errorFields(error)),
  };
}
