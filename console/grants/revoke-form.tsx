/** Revokes a grant, with a reason: from then on its rule asks again. */
import type { GrantView } from '../../contracts/grant.js';
import { Button } from '../parts/button.js';
import { Field } from '../parts/field.js';
import { Fold } from '../parts/fold.js';
import { ProblemBox } from '../parts/problem-box.js';
import { focusOn } from '../parts/section.js';
import { useSending } from '../switches/use-sending.js';

interface RevokeFormProps {
  readonly grant: GrantView;
  readonly onRevoked: () => void;
}

export function RevokeForm({ grant: { id, links }, onRevoked }: RevokeFormProps) {
  const { reason, setReason, isReasonMissing, isSending, problem, send } = useSending((refused) => {
    onRevoked();
    // The card moves to those that are over, and this form with its button goes.
    if (refused === null) focusOn('over');
  });
  return (
    <Fold title="Revoke it…">
      {() => (
        <div class="answer">
          <Field
            id={`revoke-${id}`}
            label="Why is it to hold no more?"
            help="From the next call on its rule asks again. What was sent stays sent."
            value={reason}
            onInput={setReason}
            invalid={isReasonMissing ? 'Say why it is to hold no more.' : null}
          />
          <ProblemBox problem={problem} />
          <div class="buttons">
            <Button
              kind="danger"
              isBusy={isSending}
              onClick={() => void send(links.revocation, {})}
            >
              {isSending ? 'Sending…' : 'Revoke it now'}
            </Button>
          </div>
        </div>
      )}
    </Fold>
  );
}
