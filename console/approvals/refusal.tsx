/** Why an answer was not taken; and, where someone was first, what had been typed for nothing. */
import { ProblemBox } from '../parts/problem-box.js';
import { Quote } from '../parts/quote.js';
import type { Refused } from './use-decision.js';

export function Refusal({ refused }: { readonly refused: Refused | null }) {
  if (refused === null) return null;
  return (
    <>
      <ProblemBox problem={refused.problem} sentence={refused.sentence} />
      {refused.message !== '' && (
        <div class="small">
          Your message was not sent:
          <Quote text={refused.message} />
        </div>
      )}
    </>
  );
}
