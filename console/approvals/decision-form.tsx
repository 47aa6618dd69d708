/** The message and the buttons. A rejection says why, an answer says what: the model reads it. */
import type { ApprovalView, DecisionKind } from '../../contracts/approval.js';
import { Button } from '../parts/button.js';
import { armedSentence } from '../words/answers.js';
import { MessageField } from './message-field.js';
import { shortcutKeys } from './shortcuts.js';
import type { Decision } from './use-decision.js';
import type { Shortcuts } from './use-shortcuts.js';

interface DecisionFormProps {
  readonly approval: ApprovalView;
  readonly decision: Decision;
  /** The answers that can be given now, in the order of their buttons. */
  readonly offered: readonly DecisionKind[];
  readonly shortcuts: Shortcuts | null;
  readonly onEdit: () => void;
}

const buttonWords = {
  approve: 'Approve',
  edit: 'Edit…',
  respond: 'Answer instead',
  reject: 'Reject',
} as const satisfies Record<DecisionKind, string>;

const buttonKinds = {
  approve: 'primary',
  edit: 'plain',
  respond: 'plain',
  reject: 'danger',
} as const satisfies Record<DecisionKind, string>;

export function DecisionForm(props: DecisionFormProps) {
  const { approval, decision, offered, shortcuts, onEdit } = props;
  const { title, viewer } = approval;
  const { message, sending, decide } = decision;
  const armed = shortcuts?.armed ?? null;
  return (
    <div class="answer" role="group" aria-label={`Decide: ${title}`}>
      <MessageField approval={approval} decision={decision} />
      <div class="buttons">
        {offered.map((kind) => (
          <Button
            key={kind}
            kind={buttonKinds[kind]}
            isBusy={sending !== null}
            shortcut={shortcuts === null ? null : shortcutKeys[kind]}
            onClick={() => (kind === 'edit' ? onEdit() : void decide(kind))}
          >
            {sending === kind ? 'Sending…' : buttonWords[kind]}
          </Button>
        ))}
        <p class="small">{viewer.why}</p>
      </div>
      {shortcuts !== null && (
        <div class="armed" role="alert" data-armed={armed}>
          {armed !== null && <p>{armedSentence(armed, title, message.text)}</p>}
        </div>
      )}
    </div>
  );
}
