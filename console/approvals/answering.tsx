/** What a person can do about a question: answer it, or change its arguments first. */
import type { ApprovalView, DecisionKind } from '../../contracts/approval.js';
import { EditForm } from './edit-form.js';
import { DecisionForm } from './decision-form.js';
import { GrantOffer } from './grant-offer.js';
import type { Decision } from './use-decision.js';
import type { Seen } from './use-seen.js';
import type { Shortcuts } from './use-shortcuts.js';

interface AnsweringProps {
  readonly approval: ApprovalView;
  readonly seen: Seen;
  readonly decision: Decision;
  readonly offered: readonly DecisionKind[];
  /** Null where keys answer nothing. */
  readonly shortcuts: Shortcuts | null;
  readonly isEditing: boolean;
  readonly onEditing: (isEditing: boolean) => void;
}

export function Answering(props: AnsweringProps) {
  const { approval, seen, decision, offered, shortcuts, isEditing, onEditing } = props;
  if (isEditing) {
    return (
      <EditForm
        approval={approval}
        seen={seen}
        decision={decision}
        onClose={() => onEditing(false)}
      />
    );
  }
  if (seen.isOther) return null;
  return (
    <>
      <DecisionForm
        approval={approval}
        decision={decision}
        offered={offered}
        shortcuts={shortcuts}
        onEdit={() => onEditing(true)}
      />
      <GrantOffer approval={approval} />
    </>
  );
}
