/** The message and the two buttons. A rejection says why: the model reads it. */
import type { ApprovalView } from '../../contracts/approval.js';
import { Button } from '../parts/button.js';
import { Field } from '../parts/field.js';
import type { Decision } from './use-decision.js';

interface DecisionFormProps {
  readonly approval: ApprovalView;
  readonly decision: Decision;
}

export function DecisionForm({ approval, decision }: DecisionFormProps) {
  const { id, title, allowedDecisions, viewer } = approval;
  const { message, setMessage, isReasonMissing, sending, decide } = decision;
  return (
    <div class="answer" role="group" aria-label={`Decide: ${title}`}>
      <Field
        id={`message-${id}`}
        label="Message"
        help="To reject, say why: the model reads it. To approve, it may stay empty."
        value={message}
        onInput={setMessage}
        invalid={isReasonMissing ? 'Say why before you reject.' : null}
      />
      <div class="buttons">
        {allowedDecisions.includes('approve') && (
          <Button kind="primary" isBusy={sending !== null} onClick={() => void decide('approve')}>
            {sending === 'approve' ? 'Sending…' : 'Approve'}
          </Button>
        )}
        {allowedDecisions.includes('reject') && (
          <Button kind="danger" isBusy={sending !== null} onClick={() => void decide('reject')}>
            {sending === 'reject' ? 'Sending…' : 'Reject'}
          </Button>
        )}
        <p class="small">{viewer.why}</p>
      </div>
    </div>
  );
}
