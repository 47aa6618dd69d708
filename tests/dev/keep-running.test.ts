import { describe, expect, it } from '@jest/globals';
import type { Exit } from '../../dev/hold.js';
import { keepRunning, type Clock, type Death, type Running } from '../../dev/keep-running.js';

const killed: Exit = { code: null, signal: 'SIGKILL' };

/** A child that dies when the test says so, and a clock that the test moves. */
function createScene() {
  let now = 0;
  const pauses: number[] = [];
  const children: { die: (exit: Exit) => void; stopped: boolean }[] = [];
  const deaths: Death[] = [];
  const started = createQueue<number>();
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      pauses.push(ms);
      now += ms;
    },
  };
  let failing = 0;
  const start = async (): Promise<Running> => {
    if (failing > 0) {
      failing -= 1;
      throw new Error('no');
    }
    let die = (_exit: Exit): void => undefined;
    const exited = new Promise<Exit>((resolve) => (die = resolve));
    const child = { die, stopped: false };
    children.push(child);
    const stop = async () => {
      child.stopped = true;
      die({ code: 0, signal: null });
    };
    return { pid: children.length, exited, stop };
  };
  return {
    options: {
      name: 'worker',
      start,
      clock,
      onStarted: (_running: Running, starts: number) => started.push(starts),
      onDied: (death: Death) => deaths.push(death),
    },
    children,
    pauses,
    deaths,
    started,
    runFor: (ms: number) => (now += ms),
    failNext: (times: number) => (failing = times),
  };
}

function createQueue<Value>() {
  const values: Value[] = [];
  const waiting: ((value: Value) => void)[] = [];
  return {
    push: (value: Value) => {
      const take = waiting.shift();
      if (take) take(value);
      else values.push(value);
    },
    next: () =>
      new Promise<Value>((resolve) => {
        const value = values.shift();
        if (value === undefined) waiting.push(resolve);
        else resolve(value);
      }),
  };
}

describe('keeping a child running', () => {
  it('starts it again at once, then more slowly, until it has been healthy', async () => {
    const scene = createScene();
    const kept = await keepRunning(scene.options);
    await scene.started.next();
    for (const ranMs of [100, 100, 100, 5_000, 100]) {
      scene.runFor(ranMs);
      scene.children.at(-1)?.die(killed);
      await scene.started.next();
    }
    await kept.stop();
    expect(scene.pauses).toEqual([0, 100, 200, 0, 100]);
    expect(scene.deaths.map(({ deaths }) => deaths)).toEqual([1, 2, 3, 1, 2]);
  });

  it('tries again when a start fails', async () => {
    const scene = createScene();
    const kept = await keepRunning(scene.options);
    await scene.started.next();
    scene.failNext(2);
    scene.children[0]?.die(killed);
    await scene.started.next();
    await kept.stop();
    expect(scene.deaths.map(({ exit }) => exit)).toEqual([killed, null, null]);
    expect(scene.pauses).toEqual([0, 100, 200]);
  });

  it('rejects when the very first start fails', async () => {
    const scene = createScene();
    scene.failNext(1);
    await expect(keepRunning(scene.options)).rejects.toThrow('no');
  });

  it('does not start a child again that it was told to stop', async () => {
    const scene = createScene();
    const kept = await keepRunning(scene.options);
    await kept.stop();
    expect(scene.children).toHaveLength(1);
    expect(scene.children[0]?.stopped).toBe(true);
    expect(scene.deaths).toHaveLength(0);
  });
});
