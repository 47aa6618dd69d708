/** What is said with an answer. */
import type { ApprovalView } from '../../contracts/approval.js';
import { Field } from '../parts/field.js';
import { messageHelp } from '../words/answers.js';
import type { Decision } from './use-decision.js';

interface MessageFieldProps {
  readonly approval: ApprovalView;
  readonly decision: Decision;
}

export const MessageField = ({
  approval: { id, allowedDecisions },
  decision: { message },
}: MessageFieldProps) => (
  <Field
    id={`message-${id}`}
    label="Message"
    help={messageHelp(allowedDecisions)}
    value={message.text}
    onInput={message.setText}
    invalid={message.lacking}
  />
);
