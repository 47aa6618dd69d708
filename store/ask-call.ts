/** A call that was to start, and that people are asked about instead. */
import type { CallResult } from '../contracts/activities.js';
import type { Question } from '../contracts/approval.js';
import { storableText } from '../runtime/text.js';
import { askApproval } from './approvals.js';
import type { OpenCallRow } from './calls.js';
import { freeUse } from './grant-uses.js';
import type { RunTransaction } from './run-transaction.js';

/** What its start is judged by, as far as the question needs it. */
interface AskedTerms {
  readonly ruleInputs: string;
  readonly previews: boolean;
}

/**
 * Asks, also where people were asked before. The use of a grant that was reserved for it is free
 * again: people decide this one.
 */
export function askInstead(
  transaction: RunTransaction,
  call: OpenCallRow,
  question: Question,
  { ruleInputs, previews }: AskedTerms,
): Extract<CallResult, { kind: 'needs-approval' }> {
  freeUse(transaction, call);
  transaction.write(
    `UPDATE call SET state = 'asking', verdict = 'ask', rule = $3, rule_digest = $4,
       reason = $5, rule_inputs = $6, grant_id = NULL, retry = NULL
     WHERE tenant_id = $1 AND id = $2`,
    transaction.run.tenantId,
    call.id,
    question.rule,
    question.ruleDigest,
    storableText(question.reason),
    ruleInputs,
  );
  return {
    kind: 'needs-approval',
    approval: askApproval(transaction, call, question, previews),
  };
}

/** The question about a call that its grant does not cover any more, with the reason. */
export const questionUncovered = (
  question: Question,
  { grantId }: Pick<OpenCallRow, 'grantId'>,
  why: string,
): Question =>
  grantId === null
    ? question
    : {
        ...question,
        reason: `${question.reason} The standing grant ${grantId} does not hold for it: ${why}.`,
      };
