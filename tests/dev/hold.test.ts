import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hold, readExit } from '../../dev/hold.js';
import { endProcess, isRunning, markOf } from '../../dev/processes.cjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'belay-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const env = { PATH: process.env['PATH'] ?? '' };
const start = (command: string, ...args: string[]) =>
  hold({ command, args, cwd: folder, env, logFile: path.join(folder, 'log') });

describe('holding a program', () => {
  it('tells the pid of the program itself', async () => {
    const held = await start('sh', '-c', 'echo $$');
    await held.exited;
    expect(Number(readFileSync(path.join(folder, 'log'), 'utf8'))).toBe(held.pid);
  });

  it('tells which signal ended it', async () => {
    const held = await start('sleep', '1000');
    process.kill(held.pid, 'SIGKILL');
    expect(await held.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('passes on the exit code, and keeps the output', async () => {
    const held = await start('sh', '-c', 'echo "$HOME$SECRET word"; exit 7');
    expect(await held.exited).toEqual({ code: 7, signal: null });
    // Nothing of our own environment is passed on.
    expect(readFileSync(path.join(folder, 'log'), 'utf8')).toBe(' word\n');
  });

  it('says that a program is not there', async () => {
    const held = await start('no-such-program');
    expect(await held.exited).toEqual({ code: 127, signal: null });
  });

  it('kills what does not heed the signal in time', async () => {
    const held = await start('sh', '-c', "trap '' TERM; echo ready; while :; do sleep 0.01; done");
    while (!readFileSync(path.join(folder, 'log'), 'utf8').includes('ready')) await turn();
    expect(await held.stop('SIGTERM', 50)).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('ends the program when the one that holds it is killed', async () => {
    const code = `
      const { hold } = require(${JSON.stringify(path.resolve('dist/dev/hold.js'))});
      const options = { command: 'sleep', args: ['1000'], cwd: '/', env: process.env };
      setInterval(() => undefined, 1_000);
      hold({ ...options, logFile: ${JSON.stringify(path.join(folder, 'log'))} })
        .then(({ pid }) => process.stdout.write(pid + '\\n'));
    `;
    const script = path.join(folder, 'holder.cjs');
    writeFileSync(script, code);
    const holder = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    // Killed, it may end its pipe with a reset.
    holder.stdout.on('error', () => undefined);
    const text = await new Promise<string>((resolve) =>
      holder.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8'))),
    );
    const mark = markOf(Number(text));
    expect(isRunning(mark)).toBe(true);
    holder.kill('SIGKILL');
    await gone(mark);
    expect(isRunning(mark)).toBe(false);
  });

  it('reads 128 + n as signal n', () => {
    expect(readExit(137, null)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(readExit(128, null)).toEqual({ code: 128, signal: null });
  });
});

describe('ending a process by its mark', () => {
  it('leaves alone who has got the pid since', async () => {
    const held = await start('sleep', '1000');
    expect(await endProcess({ pid: held.pid, startTime: '0' }, 'SIGKILL', 1_000)).toBe(false);
    expect(await endProcess(markOf(held.pid), 'SIGTERM', 1_000)).toBe(true);
    expect(await held.exited).toEqual({ code: null, signal: 'SIGTERM' });
  });
});

/** Looks until the process is gone; the test's own time limit is the bound. */
async function gone(mark: { pid: number; startTime: string | null }): Promise<void> {
  while (isRunning(mark)) await turn();
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
