/** The keys of open streams: looked at together, and forgotten when the stream ends. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createKeyWatch } from '../../server/key-watch.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** What a key that was revoked has left, at most. */
const withinMs = 5_000;
const pass = () => jest.advanceTimersByTimeAsync(withinMs);

function watchOf(dead: ReadonlySet<string>) {
  const asked: (readonly string[])[] = [];
  const watch = createKeyWatch({
    findDead: async (_tenantId, ids) => {
      asked.push(ids);
      if (dead.has('outage')) throw new Error('Postgres is away');
      return ids.filter((id) => dead.has(id));
    },
  });
  return { watch, asked };
}

test('every stream of a dead key is told once, within five seconds, and no other', async () => {
  const dead = new Set<string>();
  const { watch, asked } = watchOf(dead);
  const told: string[] = [];
  for (const name of ['a1', 'a2', 'b1']) {
    watch.watch('default', name.slice(0, 1), () => told.push(name));
  }
  await pass();
  expect(told).toEqual([]);
  expect(asked[0]).toEqual(['a', 'b']);
  dead.add('a');
  await pass();
  await pass();
  expect(told).toEqual(['a1', 'a2']);
  watch.close();
});

test('an outage of Postgres ends no stream, and hides no dead key', async () => {
  const dead = new Set(['outage', 'a']);
  const { watch } = watchOf(dead);
  const told: string[] = [];
  watch.watch('default', 'a', () => told.push('a'));
  await pass();
  expect(told).toEqual([]);
  dead.delete('outage');
  await pass();
  expect(told).toEqual(['a']);
  watch.close();
});

test('nothing is asked while no stream is open, nor after the close', async () => {
  const { watch, asked } = watchOf(new Set(['a']));
  const told: string[] = [];
  watch.watch('default', 'a', () => told.push('a'))();
  await pass();
  expect(asked).toEqual([]);
  watch.watch('default', 'a', () => told.push('a'));
  watch.close();
  await pass();
  expect([asked, told]).toEqual([[], []]);
});
