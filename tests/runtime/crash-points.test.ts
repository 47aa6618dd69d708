import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { readConfig } from '../../runtime/config.js';
import { armCrashPoints, parseCrashPlan } from '../../runtime/crash-points.js';

describe('a plan of crashes', () => {
  it('names points, the time they are passed, and whether to stop instead', () => {
    expect(parseCrashPlan('run-created,stop:run-locked@3')).toEqual([
      { point: 'run-created', nth: 1, signal: 'SIGKILL' },
      { point: 'run-locked', nth: 3, signal: 'SIGSTOP' },
    ]);
  });

  it.each(['', 'nowhere', 'run-created@0', 'run-created,', 'halt:run-created'])(
    'that makes no sense is refused: %p',
    (text) => expect(parseCrashPlan(text)).toBeNull(),
  );

  it('is carried out once, when the point is passed for that time, and written down before', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'belay-crash-'));
    const hits = path.join(folder, 'hits');
    const written: string[] = [];
    const kill = jest.spyOn(process, 'kill').mockImplementation(() => {
      written.push(readFileSync(hits, 'utf8'));
      return true;
    });
    const pass = armCrashPoints(parseCrashPlan('run-closed@2') ?? [], hits);
    for (let time = 0; time < 4; time += 1) pass('run-closed');
    pass('run-opened');
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGKILL']]);
    expect(written).toEqual(['run-closed\n']);
    kill.mockRestore();
    rmSync(folder, { recursive: true });
  });
});

describe('the configuration', () => {
  const environment = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' };
  const plan = { BELAY_CRASH_POINTS: 'run-created', BELAY_CRASH_HITS: '/tmp/hits' };

  it('refuses crash points in production, which is what is not said to be otherwise', () => {
    expect(() => readConfig({ ...environment, ...plan })).toThrow('BELAY_CRASH_POINTS: is for');
    const config = readConfig({ ...environment, ...plan, NODE_ENV: 'test' });
    expect(config.BELAY_CRASH_POINTS).toMatchObject([{ point: 'run-created' }]);
  });

  it('refuses points that do not exist, and a plan that nobody would hear of', () => {
    const unknown = { ...environment, NODE_ENV: 'test', BELAY_CRASH_POINTS: 'nowhere' };
    expect(() => readConfig({ ...unknown, BELAY_CRASH_HITS: 'hits' })).toThrow('not a list');
    const silent = { ...environment, NODE_ENV: 'test', BELAY_CRASH_POINTS: 'run-created' };
    expect(() => readConfig(silent)).toThrow('BELAY_CRASH_HITS: is needed');
  });
});
