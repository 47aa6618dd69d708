/** The measured rows as Markdown: medians, spreads, ratios, and what DESIGN holds them to. */
import type { ContestantName } from './contestants.js';
import type { Sample } from './sample.js';

/** What a row is held to: its value, or its ratio to a baseline. */
export interface Bound {
  readonly against: 'itself' | 'bare' | 'commits';
  readonly is: 'at least' | 'at most';
  readonly value: number;
}

export interface Row {
  readonly what: string;
  readonly cells: Readonly<Partial<Record<ContestantName, Sample>>>;
  readonly bounds?: readonly Bound[];
}

/** The rows of one part, with what they mean. */
export interface Section {
  readonly title: string;
  readonly meaning: string;
  readonly rows: readonly Row[];
}

const columns = ['', 'Belay', 'bare', 'same commits', 'to bare', 'to same commits', 'held to'];

/** A section as a Markdown table. */
export function sectionText({ title, meaning, rows }: Section): string {
  const lines = [
    columns,
    columns.map((_, index) => (index === 0 ? '---' : '---:')),
    ...rows.map(cellsOf),
  ];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return `### ${title}\n\n${meaning}\n\n${table}`;
}

function cellsOf(row: Row): readonly string[] {
  const { belay, bare, commits } = row.cells;
  return [
    row.what,
    sampleText(belay),
    sampleText(bare),
    sampleText(commits),
    ratioText(ratio(belay, bare)),
    ratioText(ratio(belay, commits)),
    boundsText(row),
  ];
}

const sampleText = (sample: Sample | undefined): string => {
  if (sample === undefined) return '';
  const { median, low, high } = sample;
  if (low === high) return numberText(median);
  return `${numberText(median)} (${numberText(low)}–${numberText(high)})`;
};

function numberText(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

const ratio = (left: Sample | undefined, right: Sample | undefined): number | null =>
  left === undefined || right === undefined || right.median === 0
    ? null
    : left.median / right.median;

const ratioText = (value: number | null): string => (value === null ? '' : `${value.toFixed(2)} ×`);

const boundsText = ({ cells, bounds = [] }: Row): string =>
  bounds.map((bound) => boundText(cells, bound)).join('<br>');

function boundText(cells: Row['cells'], { against, is, value }: Bound): string {
  const { belay } = cells;
  const reached = against === 'itself' ? (belay?.median ?? null) : ratio(belay, cells[against]);
  const than = { itself: '', bare: ' × bare', commits: ' × same commits' }[against];
  const isMet = reached !== null && (is === 'at least' ? reached >= value : reached <= value);
  return `${is === 'at least' ? '≥' : '≤'} ${value}${than}: ${isMet ? 'met' : '**missed**'}`;
}

const marks = { begin: '<!-- bench: begin -->', end: '<!-- bench: end -->' } as const;

/** The document with the marked section replaced. Throws where it has none. */
export function withReport(document: string, report: string): string {
  const begin = document.indexOf(marks.begin);
  const end = document.indexOf(marks.end);
  if (begin < 0 || end < begin) {
    throw new Error(`Nothing was written: the document has no lines ${marks.begin}, ${marks.end}.`);
  }
  return `${document.slice(0, begin + marks.begin.length)}\n\n${report}\n\n${document.slice(end)}`;
}
