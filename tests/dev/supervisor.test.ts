import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Exit } from '../../dev/hold.js';
import type { StackFile } from '../../dev/stack-file.js';
import { createSupervisor } from '../../dev/supervisor.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'belay-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const silentFile: StackFile = {
  info: () => {
    throw new Error('Nobody asks');
  },
  update: () => undefined,
  setPids: () => undefined,
  remove: () => undefined,
};

describe('the supervisor', () => {
  it('tells each end of a part that it starts again', async () => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const supervisor = createSupervisor({ dataDir: folder, stackFile: silentFile, log });
    const killed: Exit = { code: null, signal: 'SIGKILL' };
    const kills = 5;
    let starts = 0;
    await new Promise<void>((resolve, reject) => {
      const start = async () => {
        starts += 1;
        if (starts <= kills) {
          return { pid: starts, exited: Promise.resolve(killed), stop: async () => undefined };
        }
        resolve();
        let end = (_exit: Exit): void => undefined;
        const exited = new Promise<Exit>((done) => (end = done));
        return { pid: starts, exited, stop: async () => end({ code: 0, signal: null }) };
      };
      supervisor.keep('worker', start).catch(reject);
    });
    await supervisor.stop('worker');
    expect(lines.filter((line) => line.startsWith('! worker was ended by SIGKILL'))).toHaveLength(
      kills,
    );
  });

  it('tells all that a step which failed has said, and nothing of an earlier one', async () => {
    mkdirSync(path.join(folder, 'logs'));
    const file = path.join(folder, 'logs', 'register.log');
    writeFileSync(file, 'of yesterday\n');
    const supervisor = createSupervisor({
      dataDir: folder,
      stackFile: silentFile,
      log: () => undefined,
    });
    const said = Array.from({ length: 40 }, (_, at) => `agent.yaml:${at + 1}: is wrong`);
    const start = async () => {
      appendFileSync(file, `${said.join('\n')}\n`);
      const exited = Promise.resolve<Exit>({ code: 1, signal: null });
      return { pid: process.pid, exited, stop: async () => undefined };
    };
    await expect(supervisor.runOnce('register', start)).rejects.toThrow(
      `register ended with exit code 1.\n${said.map((line) => `    ${line}`).join('\n')}`,
    );
  });
});
