import { ApplicationFailure } from '@temporalio/activity';
import { describe, expect, it } from '@jest/globals';
import { adapt } from '../../activities/adapter.js';
import { BelayError } from '../../runtime/belay-error.js';
import { createLog } from '../../runtime/log.js';
import { asActivity } from '../support/activity.js';

// Nothing is written at this level but unexpected errors, which are what some tests make.
const log = {
  ...createLog({ service: 'test', level: 'error', format: 'json' }),
  error: () => undefined,
};
const quiet = { ...log, with: () => quiet };

/** What is left of an error when it has left its activity. */
async function failing(error: unknown): Promise<unknown> {
  const activity = adapt(quiet, async () => {
    throw error;
  });
  try {
    return await asActivity({}, () => activity({}));
  } catch (crossed) {
    return crossed;
  }
}

describe('an error that leaves an activity', () => {
  it('crosses as a code and constant text, whatever it says and wraps', async () => {
    const cause = new Error('card 4242');
    const crossed = await failing(new Error('charging card 4242', { cause }));
    expect(crossed).toBeInstanceOf(ApplicationFailure);
    expect(crossed).toMatchObject({ type: 'internal', nonRetryable: false });
    expect((crossed as Error).cause).toBeUndefined();
    expect(JSON.stringify({ ...(crossed as object), text: String(crossed) })).not.toContain('4242');
  });

  it('keeps its code when it is ours, and leaves its words behind', async () => {
    const crossed = await failing(new BelayError('args-changed', { detail: 'card 4242' }));
    expect(crossed).toMatchObject({ type: 'args-changed' });
    expect(String(crossed)).not.toContain('4242');
  });

  it('is tried again when it means that Postgres is away', async () => {
    const away = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    expect(await failing(away)).toMatchObject({
      type: 'database-unavailable',
      nonRetryable: false,
    });
  });
});

it('an activity beats while it works, so that a killed worker is missed', async () => {
  let beats = 0;
  let done = (): void => undefined;
  const working = new Promise<void>((resolve) => (done = resolve));
  const late = setTimeout(done, 3_000);
  const onHeartbeat = (): void => {
    beats += 1;
    done();
  };
  await asActivity({ onHeartbeat }, () => adapt(quiet, () => working)({}));
  clearTimeout(late);
  expect(beats).toBe(1);
});
