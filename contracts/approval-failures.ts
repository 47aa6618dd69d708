/** The ways in which a question, a vote or a grant can be refused; part of `contracts/failure.ts`. */
import { kind, type FailureKind } from './failure-kind.js';

export const approvalFailures = {
  'approval-decided': kind(
    409,
    false,
    'Someone has already decided',
    'The answer names who, what and when.',
  ),
  'approval-expired': kind(
    409,
    false,
    'The question has expired',
    'The call was not made; the run was told.',
  ),
  'args-changed': kind(
    409,
    false,
    'These are not the arguments you saw',
    'Read the approval again and decide on its argsDigest.',
  ),
  'decision-not-allowed': kind(
    422,
    false,
    'This kind of decision is not allowed here',
    'See allowedDecisions of the approval.',
  ),
  'already-voted': kind(
    409,
    false,
    'You have voted on these arguments already',
    'Others decide now; what is counted so far stands in the approval.',
  ),
  'preview-pending': kind(
    409,
    true,
    'What the call will do is being looked up',
    'Decide when the preview is there; within half a minute at most.',
  ),
  'edit-refused': kind(
    422,
    false,
    'The arguments cannot be changed to these',
    'Mend what detail and errors name; the question stands as it was.',
  ),
  'not-withdrawable': kind(
    409,
    false,
    'It cannot be taken back any more',
    'See executableAt of the approval; cancel the run, or undo it when it has ended.',
  ),
  'grant-not-open': kind(
    409,
    false,
    'The grant takes no votes any more',
    'Read the grant: it is active, revoked or expired.',
  ),
  'grant-revoked': kind(
    409,
    false,
    'The grant is revoked already',
    'The answer names who did it, when and why.',
  ),
  'grant-not-possible': kind(
    422,
    false,
    'No such grant can be given',
    'Name a rule of the agent that asks, one of its tools, and a condition that CEL understands.',
  ),
  'call-tampered': kind(
    409,
    false,
    'What stands in Postgres does not fit what was signed',
    'Nothing was sent. See the event tampering-found of the run, and docs/runbooks/tampering.md.',
  ),
} as const satisfies Record<string, FailureKind>;
