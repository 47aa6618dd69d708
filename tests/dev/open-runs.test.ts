import { describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { farewell, lookAtOpenRuns, stateInWords, welcomeBack } from '../../dev/open-runs.js';
import type { Wait, WaitKind } from '../../contracts/run.js';
import type { OpenRun } from '../../store/open-summary.js';
import type { RunId } from '../../contracts/ids.js';

const wait = (kind: WaitKind, who: string, then = ''): Wait => ({
  kind,
  who,
  since: '2026-01-01T00:00:00.000Z',
  until: null,
  then,
});
const run = (id: string, ...waitingFor: Wait[]): OpenRun => ({
  id: id as RunId,
  agent: 'refund-desk',
  status: waitingFor.length > 0 ? 'waiting' : 'running',
  waitingFor,
});
const counted = (total: number, forPeople: number, ...first: OpenRun[]) => ({
  total,
  forPeople,
  inEngine: total,
  first,
});

describe('what is said when the stack stops', () => {
  it.each([
    [1, 0, '  1 run is safe in .data. It goes on at the next npm start.'],
    [1, 1, '  1 run is safe in .data; it waits for you. It goes on at the next npm start.'],
    [
      2,
      1,
      '  2 runs are safe in .data; 1 of them waits for you. They go on at the next npm start.',
    ],
    [3, 2, '  3 runs are safe in .data; 2 of them wait for you. They go on at the next npm start.'],
  ])('of %i open runs, %i for a person', (total, forPeople, line) => {
    expect(farewell(counted(total, forPeople), '.data')).toBe(line);
  });

  it('is nothing when nothing is open', () => {
    expect(farewell(counted(0, 0), '.data')).toBeNull();
    expect(welcomeBack(counted(0, 0), 'http://console')).toBeNull();
  });
});

describe('what is said when the stack is back', () => {
  it('names what is open, with a link each, and how many more there are', () => {
    const open = counted(7, 1, run('run_a', wait('approval', 'finance')), run('run_b'));
    expect(welcomeBack(open, 'http://console')).toBe(
      'Welcome back: 7 runs are open and 1 waits for you.\n' +
        '  refund-desk asks finance to decide  http://console/runs/run_a\n' +
        '  refund-desk is running              http://console/runs/run_b\n' +
        '  and 5 more: http://console\n',
    );
  });

  it.each([
    [counted(1, 1, run('run_a')), '1 run is open and waits for you.'],
    [counted(1, 0, run('run_a')), '1 run is open and goes on.'],
    [counted(2, 0, run('run_a')), '2 runs are open and they go on.'],
    [counted(2, 2, run('run_a')), '2 runs are open and 2 wait for you.'],
  ])('counts %#', (open, words) => {
    expect(welcomeBack(open, 'http://console')).toContain(`Welcome back: ${words}\n`);
  });
});

describe("a run's state in words", () => {
  it('is what a person can end, before what ends by itself', () => {
    const effect = wait('effect', 'operator', 'someone says what became of x; never repeated');
    const words = stateInWords(run('run_a', wait('retry', 'model'), effect));
    expect(words).toBe('asks an operator: someone says what became of x');
    expect(stateInWords(run('run_a', wait('retry', 'model')))).toBe('waits for model');
    expect(stateInWords({ ...run('run_a'), status: 'paused' })).toBe('is paused');
  });
});

describe('looking at open runs', () => {
  it('gives up at once when nobody listens', async () => {
    expect(await lookAtOpenRuns('postgresql://me@127.0.0.1:9/belay')).toBeNull();
  });

  it('gives up after a second when nobody answers', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const startedAt = performance.now();
    try {
      expect(await lookAtOpenRuns(`postgresql://me@127.0.0.1:${port}/belay`)).toBeNull();
      expect(performance.now() - startedAt).toBeLessThan(2_000);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    }
  });
});
