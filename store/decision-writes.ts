/** What a decision leaves behind: the vote, the changed question, the final outcome with its signal. */
import type { ApprovalStatus, Question } from '../contracts/approval.js';
import type { Signed } from '../contracts/statement.js';
import type { ApprovalDecidedSignal } from '../contracts/signals.js';
import { nextLookAt } from '../contracts/telling.js';
import { openForMs, type VoteBody } from '../contracts/voting.js';
import { summaryCharacters } from '../contracts/limits.js';
import type { Judging } from './judging.js';

/** A vote with its signature. */
export interface Cast {
  readonly body: VoteBody;
  readonly signed: Signed;
}

/** What an edit makes of a question. */
export interface Edit {
  readonly question: Question;
  /** Canonical JSON. */
  readonly args: string;
  /** Votes that count for it at once. */
  readonly counted: number;
}

/** Keeps a vote. Where it does not decide by itself, people are told how many there are. */
export function writeVote(judging: Judging, cast: Cast, counted: number | null): void {
  const { transaction, approval, level } = judging;
  insertVote(judging, cast, null);
  noteLevel(judging);
  if (counted === null || counted >= level.quorum) return;
  const { decisionId, by } = cast.body;
  transaction.append({
    type: 'approval-voted',
    key: `approval-voted:${decisionId}`,
    data: {
      approvalId: approval.id,
      callId: approval.callId,
      decisionId,
      by,
      counted,
      quorum: level.quorum,
    },
  });
}

/** Puts the changed arguments in place of those before: earlier votes are void from here on. */
export function writeEdit(judging: Judging, cast: Cast, { question, args, counted }: Edit): void {
  const { transaction, approval, level, call } = judging;
  const { run, now, write, append } = transaction;
  insertVote(judging, cast, args);
  const { argsDigest, round, by, decisionId } = cast.body;
  // It never lives longer for being changed.
  const expiresAtMs = Math.min(
    Date.parse(approval.expiresAt),
    Date.parse(now) + openForMs(question),
  );
  const expiresAt = new Date(expiresAtMs).toISOString();
  write(
    `UPDATE approval SET args = $3, args_digest = $4, title = $5, round = $6, rule = $7,
       rule_digest = $8, reason = $9, approvers = $10, quorum = $11, level = $12,
       escalation = $13::jsonb, requester_may_decide = $14, editor_may_decide = $15,
       allowed_decisions = $16, execute_within_ms = $17, undo_window_ms = $18, expires_at = $19,
       look_at = $20
     WHERE tenant_id = $1 AND id = $2 AND status = 'pending'`,
    run.tenantId,
    approval.id,
    args,
    argsDigest,
    editedTitle(call.tool, by),
    round,
    question.rule,
    question.ruleDigest,
    question.reason,
    level.approvers,
    level.quorum,
    level.index,
    JSON.stringify(question.escalation),
    question.requesterMayDecide,
    question.editorMayDecide,
    question.allowedDecisions,
    question.executeWithinMs,
    question.undoWindowMs,
    expiresAt,
    nextLookAt({ ...question, requestedAt: approval.requestedAt, expiresAt }, now),
  );
  append({
    type: 'approval-edited',
    key: `approval-edited:${decisionId}`,
    data: {
      approvalId: approval.id,
      callId: approval.callId,
      decisionId,
      by,
      round,
      argsDigest,
      rule: question.rule,
      counted,
      quorum: level.quorum,
    },
  });
}

/** The tool's own words for a call are for the arguments that the model gave. */
const editedTitle = (tool: string, by: string): string =>
  `${tool} with arguments changed by ${by}`.slice(0, summaryCharacters);

/** Ends the question: the call takes the decided arguments, and the workflow is told when it may go on. */
export function writeFinal(
  judging: Judging,
  cast: Cast & Partial<Edit>,
  status: Exclude<ApprovalStatus, 'pending' | 'expired' | 'cancelled'>,
): void {
  const { transaction, approval, fresh } = judging;
  const { run, now, write, append } = transaction;
  const undoWindowMs = cast.question?.undoWindowMs ?? approval.undoWindowMs;
  const isHeld = status === 'approved' && undoWindowMs > 0;
  const executableAt = isHeld ? new Date(Date.parse(now) + undoWindowMs).toISOString() : null;
  const { decisionId, decision, by } = cast.body;
  write(
    `UPDATE approval SET status = $3, closed_at = $4, executable_at = $5
     WHERE tenant_id = $1 AND id = $2 AND status = 'pending'`,
    run.tenantId,
    approval.id,
    status,
    now,
    executableAt,
  );
  if (status === 'approved') takeDecidedArguments(judging, cast);
  const { id: approvalId, callId } = approval;
  const signal: ApprovalDecidedSignal = { approvalId, decisionId, verdict: status };
  write(
    `INSERT INTO outbox (tenant_id, run_id, kind, subject, payload, next_at)
     VALUES ($1, $2, 'approvalDecided', $3, $4::jsonb, $5)`,
    run.tenantId,
    run.id,
    approvalId,
    JSON.stringify(signal),
    executableAt ?? now,
  );
  const data = { approvalId, callId, decisionId, decision, by, message: fresh.message };
  append({
    type: 'approval-decided',
    key: `approval-closed:${approvalId}`,
    data: executableAt === null ? data : { ...data, executableAt },
  });
}

/** What the model planned stays in the transcript and in the question. */
function takeDecidedArguments(
  { transaction, approval, call }: Judging,
  cast: Cast & Partial<Edit>,
) {
  const args = cast.args ?? approval.args;
  if (cast.body.argsDigest === call.argsDigest) return;
  const title = cast.args === undefined ? approval.title : editedTitle(call.tool, cast.body.by);
  transaction.write(
    'UPDATE call SET args = $3, args_digest = $4, title = $5 WHERE tenant_id = $1 AND id = $2',
    transaction.run.tenantId,
    call.id,
    args,
    cast.body.argsDigest,
    title,
  );
}

function insertVote({ transaction, fresh }: Judging, { body, signed }: Cast, args: string | null) {
  transaction.write(
    `INSERT INTO decision (tenant_id, id, approval_id, by, decision, args_digest, seen_digest,
       args, rule_digest, message, round, level, at, key_id, signature)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    body.tenantId,
    body.decisionId,
    body.approvalId,
    body.by,
    body.decision,
    body.argsDigest,
    body.seenDigest,
    args,
    body.ruleDigest,
    fresh.message,
    body.round,
    body.level,
    body.at,
    signed.keyId,
    signed.signature,
  );
}

/** Says that it has escalated, where nobody has said so yet. */
function noteLevel({ transaction, approval, level }: Judging): void {
  if (level.index <= approval.level) return;
  writeLevel(transaction, approval, level);
}

/** Records the level that a question has reached, with its event. */
export function writeLevel(
  { run, write, append }: Judging['transaction'],
  { id, callId, round }: Pick<Judging['approval'], 'id' | 'callId' | 'round'>,
  { index, approvers, quorum }: Judging['level'],
): void {
  write(
    `UPDATE approval SET level = $3, approvers = $4, quorum = $5
     WHERE tenant_id = $1 AND id = $2 AND status = 'pending'`,
    run.tenantId,
    id,
    index,
    approvers,
    quorum,
  );
  append({
    type: 'approval-escalated',
    key: `approval-escalated:${id}:${round}:${index}`,
    data: { approvalId: id, callId, level: index, approvers, quorum },
  });
}
