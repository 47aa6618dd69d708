import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { claimInstance, recordChildren, releaseInstance } from '../../dev/instance.cjs';
import { isRunning, markOf } from '../../dev/processes.cjs';
import { loadKeys, loadPepper, pepperFile } from '../../dev/seed.js';
import { parsePeppers } from '../../runtime/api-key.js';
import { keptPassword } from '../../dev/secret-file.js';
import { createStackFile, type StackInfo } from '../../dev/stack-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'belay-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const info: StackInfo = {
  gatewayUrl: 'http://127.0.0.1:3000',
  temporalAddress: '127.0.0.1:7233',
  temporalUiUrl: null,
  namespace: 'default',
  taskQueue: 'belay',
  databaseUrl: 'postgresql://belay@127.0.0.1/belay',
  modelUrl: 'http://127.0.0.1:4010',
  paymentsUrl: 'http://127.0.0.1:4011',
  mailUrl: null,
  smtpUrl: 'smtp://127.0.0.1:4025',
  deskUrl: 'http://127.0.0.1:4013',
  keys: {},
  pids: { supervisor: 1 },
};

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as StackInfo;

describe('stack.json', () => {
  it('tells what runs at this moment, and is gone at the end', () => {
    const file = path.join(folder, 'stack.json');
    const stack = createStackFile(file, info);
    stack.setPids({ worker: 10 });
    stack.setPids({ worker: 11, gateway: 12 });
    expect(read(file).pids).toEqual({ supervisor: 1, worker: 11, gateway: 12 });
    stack.setPids({ gateway: 12 });
    expect(read(file)).toEqual({ ...info, pids: { supervisor: 1, gateway: 12 } });
    stack.remove();
    expect(existsSync(file)).toBe(false);
  });

  it('is for its owner alone: it holds keys', () => {
    const file = path.join(folder, 'stack.json');
    createStackFile(file, info).setPids({ worker: 10 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('the keys of the demo', () => {
  it('are made once, in the shape of an API key, and kept for their owner alone', () => {
    const file = path.join(folder, 'keys.json');
    const keys = loadKeys(file);
    expect(Object.keys(keys)).toEqual(['otto', 'ana', 'ben', 'cleo', 'vera', 'adam', 'audrey']);
    for (const key of Object.values(keys)) expect(key).toMatch(/^belay_[0-9a-f]{8}_[\w-]{43}$/);
    expect(loadKeys(file)).toEqual(keys);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('are made anew when the file was cut off', () => {
    const file = path.join(folder, 'keys.json');
    const { otto } = loadKeys(file);
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 80));
    const keys = loadKeys(file);
    expect(keys['otto']).toMatch(/^belay_/);
    expect(keys['otto']).not.toBe(otto);
    expect(loadKeys(file)).toEqual(keys);
  });
});

describe('the pepper of the demo’s keys', () => {
  it('is made once, for its owner alone, and is one that a gateway takes from its file', () => {
    const pepper = loadPepper(folder);
    expect(loadPepper(folder)).toBe(pepper);
    expect(statSync(pepperFile(folder)).mode & 0o777).toBe(0o600);
    expect(parsePeppers(readFileSync(pepperFile(folder), 'utf8'))).toEqual([pepper]);
  });
});

describe('a password of ours', () => {
  it('is made once, for its owner alone, and made anew when it was cut off', () => {
    const file = path.join(folder, 'password');
    const password = keptPassword(file);
    expect(keptPassword(file)).toBe(password);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, '');
    expect(keptPassword(file)).toHaveLength(password.length);
    expect(keptPassword(file)).not.toBe(password);
  });
});

describe('the claim on the data folder', () => {
  it('is refused while another supervisor runs', () => {
    expect(claimInstance(folder)).toEqual({ claimed: true, leftovers: {} });
    expect(claimInstance(folder)).toEqual({ claimed: false, pid: process.pid });
    releaseInstance(folder);
    expect(claimInstance(folder).claimed).toBe(true);
  });

  it('hands over what a killed supervisor has left', () => {
    claimInstance(folder);
    const worker = { pid: 4_000_000, startTime: '1' };
    recordChildren(folder, { worker });
    const file = path.join(folder, 'supervisor.json');
    const text = readFileSync(file, 'utf8');
    // Another start time: the pid belongs to somebody else by now.
    const gone = { ...JSON.parse(text), supervisor: { pid: process.pid, startTime: '0' } };
    writeFileSync(file, JSON.stringify(gone));
    expect(claimInstance(folder)).toEqual({ claimed: true, leftovers: { worker } });
  });

  it('survives a file that was cut off', () => {
    writeFileSync(path.join(folder, 'supervisor.json'), '{"superv');
    expect(claimInstance(folder)).toEqual({ claimed: true, leftovers: {} });
  });
});

describe('the mark of a process', () => {
  it('fits that process only', () => {
    const mark = markOf(process.pid);
    expect(isRunning(mark)).toBe(true);
    expect(isRunning({ ...mark, startTime: '0' })).toBe(false);
    expect(isRunning(markOf(4_000_000))).toBe(false);
  });
});
