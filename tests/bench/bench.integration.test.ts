/** The bench itself: a few runs of each part, so that it works when somebody wants to know. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startProgram } from '../support/program.js';

/** Each row with the columns that must hold a number: Belay, bare, same commits. */
const rows: readonly (readonly [what: string, columns: readonly number[]])[] = [
  ['POST to 202', [1]],
  ['POST to first tool', [1, 2, 3]],
  ['signal to tool', [1, 2]],
  ['click to tool', [1, 2]],
  ['sign a vote, ms', [1]],
  ['sign a vote, ms, p95', [1]],
  ['check a call with two votes, ms', [1]],
  ['check a call with two votes, ms, p95', [1]],
  ['claim and confirm, ms', [1, 3]],
  ['claim and confirm, ms, p95', [1, 3]],
  ['effects/s, 8 at once', [1, 3]],
  ['attempt to reader, ms', [1]],
  ['text to reader, ms', [1]],
  ['text to reader, ms, p95', [1]],
  ['CPU ms a piece, writer', [1]],
  ['CPU ms a piece, Postgres', [1]],
  ['CPU ms a second, gateway', [1]],
  ['events a turn', [1, 2, 3]],
  ['bytes a turn', [1, 2, 3]],
  ['events an approval', [1, 2, 3]],
  ['steps/s, 1 agent of 1 turns', [1, 2, 3]],
  ['steps/s, 2 agents of 1 turns', [1, 2, 3]],
  ['CPU ms a step, Temporal', [1, 2, 3]],
  ['CPU ms a step, worker', [1, 2, 3]],
  ['CPU ms a step, gateway', [1]],
  ['CPU ms a step, Postgres', [1, 3]],
  ['ms beyond a call, 2 runs in flight', [1, 2, 3]],
  ['ms a step at step 8', [1, 2, 3]],
  ['ms a step at step 10', [1, 2, 3]],
  ['start to all done, undisturbed', [1, 2, 3]],
  ['kill to first call', [1, 2, 3]],
  ['kill to all done', [1, 2, 3]],
  ['KiB a run at 1, worker', [1, 2]],
  ['KiB a run at 2, Temporal', [1, 2]],
];

/** A killed worker alone takes ten seconds, and other tests run beside this one. */
const withinMs = 300_000;

test(
  'the bench measures every row and writes it into the marked section of a document',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'belay-bench-'));
    const document = join(folder, 'performance.md');
    writeFileSync(
      document,
      '# Before\n<!-- bench: begin -->\noutdated\n<!-- bench: end -->\nAfter\n',
    );
    const cli = process.env['BELAY_TEST_TEMPORAL_CLI'] ?? 'temporal';
    const args = ['dev/bench.mjs', '--tiny', '--write', document];
    const program = startProgram(args, { TEMPORAL_CLI_PATH: cli }, join(folder, 'bench.log'));
    const code = await program.ended;
    expect({ code, output: code === 0 ? '' : program.output() }).toEqual({ code: 0, output: '' });
    const text = readFileSync(document, 'utf8');
    expect(text).toMatch(/^# Before\n[^]*\nAfter\n$/);
    expect(text).not.toContain('outdated');
    const table = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    for (const [what, columns] of rows) {
      const cells = table.find((each) => each[1] === what);
      const values = columns.map((column) => Number.parseFloat(cells?.[column + 1] ?? ''));
      expect({ what, values }).toEqual({ what, values: columns.map(() => expect.any(Number)) });
      expect({ what, unknown: values.filter(Number.isNaN) }).toEqual({ what, unknown: [] });
    }
  },
  withinMs,
);
