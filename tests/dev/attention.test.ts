import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { followLogs, worthAttention } from '../../dev/attention.js';

describe('what is worth attention in a log', () => {
  it.each([
    ['12:00:00.000 warn  worker   Slow runId=run_1', 'warn: Slow runId=run_1'],
    ['12:00:00.000 error gateway  Failed code=x', 'error: Failed code=x'],
    ['{"level":"error","message":"Failed","service":"gateway"}', 'error: Failed'],
  ])('is told: %s', (line, text) => {
    expect(worthAttention(line)).toBe(text);
  });

  it.each(['12:00:00.000 info  worker   Polling', '{"level":"info","message":"x"}', '{', ''])(
    'is not: %s',
    (line) => {
      expect(worthAttention(line)).toBeNull();
    },
  );
});

describe('reading along', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'belay-test-'));
    file = path.join(folder, 'worker.log');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('passes on what is new, half lines once they are whole, the same thing once a minute', () => {
    writeFileSync(file, '12:00:00.000 error worker Old\n');
    const lines: string[] = [];
    let now = 0;
    const log = (line: string) => lines.push(line);
    const attention = followLogs({ files: { worker: file }, log, now: () => now });
    appendFileSync(file, '12:00:00.000 error worker New id=1\n12:00:00.000 error wor');
    attention.look();
    expect(lines).toEqual(['! worker  error: New id=1']);
    appendFileSync(file, 'ker Half\n12:00:00.000 error worker New id=2\n');
    attention.look();
    expect(lines.slice(1)).toEqual(['! worker  error: Half']);
    now = 60_000;
    appendFileSync(file, '12:00:00.000 error worker New id=3\n');
    attention.look();
    expect(lines.slice(2)).toEqual(['! worker  error: New id=3']);
  });

  it('waits for a log that is not there yet', () => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const attention = followLogs({ files: { worker: file }, log, now: () => 0 });
    attention.look();
    writeFileSync(file, '12:00:00.000 warn worker First\n');
    attention.look();
    expect(lines).toEqual(['! worker  warn: First']);
  });
});
