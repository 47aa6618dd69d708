/** What a call will do, as its tool says it; and what of it is new since it was last shown. Pure. */
import type { Preview } from '../../contracts/preview.js';

/** Whether it can be taken back, as it stands alone. */
export const reversibilityWords = {
  'by-tool': 'It can be taken back afterwards, by a tool.',
  'by-person': 'It can be taken back afterwards only by people, outside of Belay.',
  never: 'It can never be taken back.',
} as const satisfies Record<Preview['reversibility'], string>;

/** One thing that two previews say, and whether they say the same. */
export interface PreviewRow {
  readonly what: string;
  readonly earlier: string;
  readonly now: string;
  readonly isChanged: boolean;
}

/** Two previews side by side, the one that was shown before and the one of now. */
export function comparePreviews(earlier: Preview, now: Preview): readonly PreviewRow[] {
  const before = sayingsOf(earlier);
  const after = sayingsOf(now);
  return [...new Set([...after.keys(), ...before.keys()])].map((what) => {
    const was = before.get(what) ?? '—';
    const is = after.get(what) ?? '—';
    return { what, earlier: was, now: is, isChanged: was !== is };
  });
}

const sayingsOf = ({ sentence, changes, reversibility, cost }: Preview) =>
  new Map<string, string>([
    ['What it does', sentence],
    ...changes.map(({ what, before, after }): [string, string] => [
      what,
      `${before ?? '—'} → ${after ?? '—'}`,
    ]),
    ['Cost', cost ?? 'nothing'],
    ['Afterwards', reversibilityWords[reversibility]],
  ]);
