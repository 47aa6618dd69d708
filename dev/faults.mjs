// `npm run faults [-- part …] [--percent=100]`: the long set of fault tests, and what it found as a table.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { runTests } from './run-tests.mjs';

/**
 * @typedef {object} Row
 * @property {string} scenario
 * @property {number} seed
 * @property {number} cases
 * @property {number} runs
 * @property {number} lost
 * @property {number} duplicated
 * @property {number | null} recoveryMedianMs
 * @property {number | null} recoveryWorstMs
 * @property {number | null} bootMedianMs
 * @property {string} [note]
 */

const headings = 'scenario,cases,runs,lost,duplicated,recovery,at worst,boot,seed,'.split(',');

const given = process.argv.slice(2);
const percent = given.find((word) => word.startsWith('--percent='))?.slice('--percent='.length);
const parts = given.filter((word) => !word.startsWith('-'));
const where = parts.length === 0 ? 'tests/faults/' : `tests/faults/[^/]*(${parts.join('|')})`;

await runTests({
  // One scenario at a time: figures of two that share a machine say little.
  args: ['--selectProjects=integration', `--testPathPatterns=${where}`, '--runInBand'],
  environment: { BELAY_FAULTS_PERCENT: percent ?? '100' },
  atEnd: async (folder) => {
    const text = await readFile(path.join(folder, 'faults.jsonl'), 'utf8').catch(() => '');
    const rows = text.split('\n').filter((line) => line !== '');
    print(rows.map((line) => /** @type {Row} */ (JSON.parse(line))));
  },
});

/** @param {readonly Row[]} rows */
function print(rows) {
  const table = [headings, ...rows.map(cellsOf)];
  const widths = headings.map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of table) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`);
  }
}

/**
 * Beside a zero stands what it shows: with 95 % confidence fewer than 3 in n.
 * @param {Row} row
 */
function cellsOf(row) {
  const bounded = (/** @type {number} */ count) =>
    count === 0 ? `0 (< ${Math.min(100, 300 / row.runs).toFixed(1)} %)` : String(count);
  const seconds = (/** @type {number | null} */ ms) =>
    ms === null ? '' : `${(ms / 1_000).toFixed(1)} s`;
  return [
    row.scenario,
    String(row.cases),
    String(row.runs),
    bounded(row.lost),
    bounded(row.duplicated),
    seconds(row.recoveryMedianMs),
    seconds(row.recoveryWorstMs),
    seconds(row.bootMedianMs),
    String(row.seed),
    row.note ?? '',
  ];
}
