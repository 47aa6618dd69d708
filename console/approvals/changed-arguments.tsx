/** Says that the arguments were changed under the reader, how, and waits for them to look again. */
import type { ApprovalView } from '../../contracts/approval.js';
import { serverNow } from '../api/clock.js';
import { Button } from '../parts/button.js';
import { Comparison } from '../parts/comparison.js';
import { changedSentence } from '../words/answers.js';
import type { Seen } from './use-seen.js';

interface ChangedArgumentsProps {
  readonly approval: ApprovalView;
  readonly seen: Seen;
  readonly onAccepted: () => void;
}

export const ChangedArguments = ({ approval, seen, onAccepted }: ChangedArgumentsProps) => (
  <div class="changed">
    <p role="alert">
      <strong>{changedSentence(approval, serverNow())}</strong> Nothing can be decided before you
      have looked again.
    </p>
    <Comparison
      caption="What was changed"
      before={seen.args}
      after={approval.args}
      beforeTitle="You saw"
      afterTitle="Now"
    />
    <div class="buttons">
      <Button
        onClick={() => {
          seen.accept(approval);
          onAccepted();
        }}
      >
        I have looked at the new arguments
      </Button>
    </div>
  </div>
);
