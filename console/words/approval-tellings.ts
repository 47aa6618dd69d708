/** One sentence for each event of a question, of a grant, and of what does not fit. Pure. */
import { plural } from './amounts.js';
import { approversWords, decisionWords } from './approvals.js';
import { said, type Tellings } from './told.js';

type ApprovalTellings = Pick<
  Tellings,
  Extract<
    keyof Tellings,
    `approval-${string}` | `grant-${string}` | 'tampering-found' | 'run-tainted'
  >
>;

export const approvalTellings: ApprovalTellings = {
  'approval-requested': ({ title, reason, approvers }) => ({
    sentence: `Asked ${approversWords(approvers)}: ${title}`,
    tone: 'wait',
    detail: reason,
  }),
  'approval-previewed': ({ callId, state }, titleOf) => ({
    sentence:
      state === 'ready'
        ? `Looked up what it will do: ${titleOf(callId)}`
        : `What it will do could not be looked up: ${titleOf(callId)}`,
  }),
  'approval-voted': ({ callId, by, counted, quorum }, titleOf) => ({
    sentence: `${by} said yes, ${counted} of ${quorum}: ${titleOf(callId)}`,
    tone: 'wait',
  }),
  'approval-edited': ({ callId, by, counted, quorum }, titleOf) => ({
    sentence: `${by} changed the arguments, so earlier votes are void (${counted} of ${quorum}): ${titleOf(callId)}`,
    tone: 'wait',
  }),
  'approval-escalated': ({ callId, approvers, quorum }, titleOf) => ({
    sentence: `Nobody decided in time: ${plural(quorum, 'vote')} of ${approversWords(approvers)} will do now: ${titleOf(callId)}`,
    tone: 'wait',
  }),
  'approval-reminded': ({ callId }, titleOf) => ({
    sentence: `Still waits for a decision: ${titleOf(callId)}`,
    tone: 'wait',
  }),
  'approval-decided': ({ callId, decision, by, message, executableAt }, titleOf) => ({
    sentence: `${by} ${decisionWords(decision)}: ${titleOf(callId)}${
      executableAt === undefined ? '' : '; it can be taken back for a while'
    }`,
    tone: decision === 'approve' || decision === 'edit' ? 'good' : 'bad',
    ...said(message),
  }),
  'approval-withdrawn': ({ callId, by }, titleOf) => ({
    sentence: `${by} took the approval back: ${titleOf(callId)}`,
    tone: 'bad',
  }),
  'approval-stale': ({ callId }, titleOf) => ({
    sentence: `The world has changed since it was approved, so people are asked again: ${titleOf(callId)}`,
    tone: 'wait',
  }),
  'approval-lapsed': ({ callId, why }, titleOf) => ({
    sentence: `The approval holds no more (${why}), so people are asked again: ${titleOf(callId)}`,
    tone: 'wait',
  }),
  'approval-expired': ({ callId }, titleOf) => ({
    sentence: `Nobody answered in time, so it is not made: ${titleOf(callId)}`,
    tone: 'bad',
  }),
  'approval-cancelled': ({ callId }, titleOf) => ({
    sentence: `The question was withdrawn: ${titleOf(callId)}`,
  }),
  'grant-used': ({ callId, grantId, used, uses }, titleOf) => ({
    sentence: `Allowed by the standing grant ${grantId} (${used} of ${uses}): ${titleOf(callId)}`,
  }),
  'grant-freed': ({ callId, grantId }, titleOf) => ({
    sentence: `Nothing was sent, so the standing grant ${grantId} has one more use: ${titleOf(callId)}`,
  }),
  'tampering-found': ({ callId, findings }, titleOf) => ({
    sentence: `ALARM: what stands in the database does not fit what was signed, so nothing was sent: ${titleOf(callId)}`,
    tone: 'bad',
    detail: findings.join('; '),
  }),
  'run-tainted': ({ tool }) => ({
    sentence: `The run has read what strangers wrote (${tool}): from here on what its rules allow asks`,
    tone: 'wait',
  }),
};
