/** What it costs to hold that people said what the rows say they said. */
import { checkAuthority } from '../../activities/authority.js';
import { invariant } from '../../runtime/belay-error.js';
import { cast, facts, terms } from '../../tests/support/authority-facts.js';
import type { Bench } from '../bench.js';
import { monotonicMs } from '../journal.js';
import type { Section } from '../report.js';
import { quantile, sampleOf, typicalOf } from '../sample.js';

/** Signs votes as a gateway does, and checks a call that takes two of them as a worker does. */
export async function measureAuthority({ sizes }: Bench): Promise<Section> {
  const signMs: number[] = [];
  const checkMs: number[] = [];
  const count = sizes.signatures;
  // The first tenth is left out: code that has not been compiled yet is slow.
  for (let index = -count / 10; index < count; index += 1) {
    const beganMs = monotonicMs();
    const first = cast({ by: 'ana' });
    const signedMs = monotonicMs();
    const asked = facts([first, cast({ by: 'ben' })]);
    const its = terms();
    const askedMs = monotonicMs();
    invariant(checkAuthority(its, asked).kind === 'holds', 'two of finance said yes');
    const checkedMs = monotonicMs();
    if (index < 0) continue;
    signMs.push(signedMs - beganMs);
    checkMs.push(checkedMs - askedMs);
  }
  return {
    title: 'Authority',
    meaning:
      'What a signature adds to a vote, where the gateway makes it, and the whole check of authority ' +
      'to an effect that takes two votes: policy, arguments, history, signatures, the count. ' +
      'Milliseconds, with the middle nine tenths.',
    rows: [
      { what: 'sign a vote, ms', cells: { belay: typicalOf(signMs) } },
      { what: 'sign a vote, ms, p95', cells: { belay: sampleOf([quantile(signMs, 0.95)]) } },
      { what: 'check a call with two votes, ms', cells: { belay: typicalOf(checkMs) } },
      {
        what: 'check a call with two votes, ms, p95',
        cells: { belay: sampleOf([quantile(checkMs, 0.95)]) },
        bounds: [{ against: 'itself', is: 'at most', value: 1 }],
      },
    ],
  };
}
