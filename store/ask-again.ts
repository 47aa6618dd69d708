/** A question about a call that is about to start. */
import type { Question } from '../contracts/approval.js';
import type { CallResult } from '../contracts/activities.js';
import { storableText } from '../runtime/text.js';
import { askApproval } from './approvals.js';
import type { OpenCallRow } from './calls.js';
import type { RunTransaction } from './run-transaction.js';

/** What is asked, and what the rules saw. */
export interface AskTerms {
  readonly ruleInputs: string;
  /** Whether its tool is to be asked first what the call will do. */
  readonly previews: boolean;
}

/** Asks about a call that was to start, also where people were asked before. */
export function askAgain(
  transaction: RunTransaction,
  call: OpenCallRow,
  question: Question,
  { ruleInputs, previews }: AskTerms,
): Extract<CallResult, { kind: 'needs-approval' }> {
  transaction.write(
    `UPDATE call SET state = 'asking', verdict = 'ask', rule = $3, rule_digest = $4,
       reason = $5, rule_inputs = $6, retry = NULL
     WHERE tenant_id = $1 AND id = $2`,
    transaction.run.tenantId,
    call.id,
    question.rule,
    question.ruleDigest,
    storableText(question.reason),
    ruleInputs,
  );
  const approval = askApproval(transaction, call, question, previews);
  return { kind: 'needs-approval', approval };
}
