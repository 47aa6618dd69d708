/** A simulation as a table in plain text: what would change. */
import type { SimulatedCall, SimulatedOutcome, Simulation } from '../contracts/simulation.js';

const callCharacters = 48;

/** Begins with one sentence; then a line a call, those that change first and marked by a star. */
export function simulationTable({ data, summary }: Simulation): string {
  const rows = data
    .toSorted((left, right) => Number(right.changed) - Number(left.changed))
    .map((call) => [
      call.changed ? '*' : '',
      plain(call.title ?? call.tool).slice(0, callCharacters),
      call.argsDigest.slice(0, 12),
      wordsOf(call.before),
      call.changed ? wordsOf(call.after) : 'the same',
      termsOf(call),
    ]);
  return `${sentenceOf(summary)}\n\n${table([heads, ...rows])}`;
}

const heads = ['', 'call', 'arguments', 'before', 'after', 'changes'];

function sentenceOf(summary: Simulation['summary']): string {
  const { calls, changed, newlyAllowed, newlyAsked, newlyDenied, quorumChanged, skipped } = summary;
  const counts = [
    [newlyAllowed, 'newly allowed'],
    [newlyAsked, 'newly asked'],
    [newlyDenied, 'newly denied'],
    [quorumChanged, 'with another quorum'],
  ] as const;
  const parts = counts.flatMap(([count, words]) => (count > 0 ? [`${count} ${words}`] : []));
  const details = parts.length > 0 ? `: ${parts.join(', ')}` : '';
  const left = skipped > 0 ? ` ${skipped} skipped: no rule judged them.` : '';
  return `${changed} of ${calls} ${calls === 1 ? 'call' : 'calls'} would change${details}.${left}`;
}

function wordsOf({ verdict, rule, approvers, quorum }: SimulatedOutcome): string {
  if (verdict !== 'ask') return `${verdict} (${rule})`;
  const who = approvers.length > 0 ? approvers.join(' or ') : 'approver';
  return `ask ${quorum} of ${who} (${rule})`;
}

/** What the columns before it do not show. */
const termsOf = ({ changes }: SimulatedCall): string =>
  changes.filter((term) => term !== 'verdict').join(', ');

/** A title comes from a model: it stays on its line. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');

function table(rows: readonly (readonly string[])[]): string {
  const widths = heads.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
