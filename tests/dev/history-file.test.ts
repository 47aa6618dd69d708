import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chooseServer, type Cli } from '../../dev/history-file.js';
import { StackRefusal } from '../../dev/refusals.js';

const old: Cli = { path: '/old/temporal', version: '1.8.2', serverVersion: '1.31.2' };
const fresh: Cli = { path: '/new/temporal', version: '1.9.1', serverVersion: '1.32.0' };

let base: string;
let folder: string;
let lines: string[];
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'belay-test-'));
  folder = path.join(base, 'temporal');
  mkdirSync(folder);
  lines = [];
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const place = (name: string) => path.join(folder, name);
const note = () => JSON.parse(readFileSync(place('cli.json'), 'utf8')) as object;

/** What a start would do that finds `found`, with so many open runs, and that old CLI or none. */
const choose = (found: Cli, runs: number | null = null, same: Cli | null = null) =>
  chooseServer({
    folder,
    found,
    findSame: async () => same ?? Promise.reject(new Error('gone')),
    countRuns: async () => runs,
    log: (line) => lines.push(line),
  });

/** A data file that a server of that version has written. */
async function writtenBy(cli: Cli): Promise<void> {
  const file = await choose(cli);
  writeFileSync(place('temporal.db'), 'histories');
  writeFileSync(place('temporal.db-wal'), 'the newest');
  file.served();
}

describe("Temporal's data file", () => {
  it('is begun with the server that was found', async () => {
    expect((await choose(fresh)).cli).toEqual(fresh);
    expect(note()).toEqual({ ...fresh, served: false });
    expect(lines).toEqual([]);
  });

  it('is opened by the same server wherever its CLI is now', async () => {
    await writtenBy(old);
    const moved = { ...old, path: '/elsewhere/temporal' };
    expect((await choose(moved, 3)).cli).toEqual(moved);
    expect(note()).toEqual({ ...moved, served: true });
  });

  it.each([1, 3, null])('stays with its server while runs are open (%s)', async (runs) => {
    await writtenBy(old);
    expect((await choose(fresh, runs, old)).cli).toEqual(old);
    expect(note()).toEqual({ ...old, served: true });
    expect(readFileSync(place('temporal.db'), 'utf8')).toBe('histories');
    expect(lines.join()).toContain('1.32.0 takes over once none is open');
  });

  it.each([
    [1, '1 run is open'],
    [3, '3 runs are open'],
    [null, 'runs may still be open'],
  ])('is not touched when its server is gone and runs are open (%s)', async (runs, words) => {
    await writtenBy(old);
    const before = note();
    const refusal = await choose(fresh, runs).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(StackRefusal);
    const { message } = refusal as Error;
    for (const part of [words, folder, '1.31.2', '1.32.0', 'TEMPORAL_CLI_PATH=', '--fresh']) {
      expect(message).toContain(part);
    }
    expect(note()).toEqual(before);
    expect(readFileSync(place('temporal.db'), 'utf8')).toBe('histories');
  });

  it('makes way for a new one when no run is open, and is kept with its log', async () => {
    await writtenBy(old);
    expect((await choose(fresh, 0)).cli).toEqual(fresh);
    expect(readdirSync(folder)).toEqual(['cli.json']);
    const kept = readdirSync(base).find((name) => name !== 'temporal') ?? '';
    expect(kept).toContain('of-server-1.31.2');
    expect(lines.join()).toContain(kept);
    const files = readdirSync(path.join(base, kept)).toSorted();
    expect(files).toEqual(['cli.json', 'temporal.db', 'temporal.db-wal']);
  });

  it('is made anew when its making was cut off', async () => {
    await choose(old);
    writeFileSync(place('temporal.db'), 'half a schema');
    expect((await choose(old, 0)).cli).toEqual(old);
    expect(existsSync(place('temporal.db'))).toBe(false);
    expect(lines.join()).toContain('cut off');
  });

  it('is kept when it may hold runs, though nobody noted that it ever served', async () => {
    await choose(old);
    writeFileSync(place('temporal.db'), 'histories');
    await choose(old, 1);
    expect(readFileSync(place('temporal.db'), 'utf8')).toBe('histories');
  });

  it.each(['', '{"path":', '{}', '[]', 'null'])('is opened when the note says %j', async (text) => {
    await writtenBy(old);
    writeFileSync(place('cli.json'), text);
    expect((await choose(old, 2)).cli).toEqual(old);
    expect(readFileSync(place('temporal.db'), 'utf8')).toBe('histories');
    expect(lines.join()).toContain('does not say which server');
  });
});
