import { expect, test } from '@jest/globals';
import type { Log, LogFields } from '../../runtime/log.js';
import { createTemporalLog } from '../../worker/temporal-log.js';

function listen() {
  const lines: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
  const keep = (message: string, fields?: LogFields): void => void lines.push({ message, fields });
  const log: Log = { error: keep, warn: keep, info: keep, debug: keep, with: () => log };
  return { lines, logger: createTemporalLog(log) };
}

test('ids of Temporal’s log lines pass; arguments and texts of errors do not', () => {
  const { lines, logger } = listen();
  logger.warn('Workflow task failed: card 4242', {
    workflowId: 'run_1',
    attempt: 2,
    args: ['card 4242'],
    error: new RangeError('card 4242'),
  });
  expect(lines).toMatchObject([
    {
      message: 'Workflow task failed',
      fields: { workflowId: 'run_1', runId: 'run_1', attempt: 2, error: 'RangeError' },
    },
  ]);
  expect(JSON.stringify(lines)).not.toContain('4242');
});

test('what our adapter tells of an activity is not told twice', () => {
  const { lines, logger } = listen();
  logger.warn('Activity failed', { error: new Error('card 4242') });
  expect(lines).toEqual([]);
});
