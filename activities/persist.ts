/** Writing what must not be lost through a short outage of Postgres. */
import { setTimeout as wait } from 'node:timers/promises';
import { isUnavailable } from '../store/database.js';

const betweenMs = 250;
const marginMs = 2_000;

/** Repeats a write while Postgres is away, for at most `withinMs` less a margin. Other errors pass. */
export async function persist<Result>(
  write: () => Promise<Result>,
  withinMs: number,
): Promise<Result> {
  const untilMs = performance.now() + withinMs - marginMs;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isUnavailable(error) || performance.now() > untilMs) throw error;
      await wait(betweenMs);
    }
  }
}
