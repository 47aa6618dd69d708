/** Votes as they were cast, with who their authors are now: what is counted, and what is verified. */
import type { DecisionKind } from '../contracts/approval.js';
import type { ApprovalId, CallId, DecisionId, Digest } from '../contracts/ids.js';
import type { Role } from '../contracts/principal.js';
import type { RunAddress, Sql } from './run-transaction.js';

export interface VoteRow {
  readonly id: DecisionId;
  readonly approvalId: ApprovalId;
  readonly by: string;
  readonly decision: DecisionKind;
  readonly round: number;
  readonly level: number;
  readonly argsDigest: Digest;
  readonly seenDigest: Digest | null;
  readonly ruleDigest: Digest | null;
  /** Canonical JSON; of an edit only. */
  readonly args: string | null;
  readonly message: string | null;
  readonly at: string;
  readonly keyId: string | null;
  readonly signature: string | null;
  /** Null where its author is known no more, or revoked: then it counts for nothing. */
  readonly roles: readonly Role[] | null;
  readonly labels: readonly string[] | null;
}

const columns = `decision.id, approval_id AS "approvalId", by, decision, decision.round,
  decision.level, decision.args_digest AS "argsDigest", seen_digest AS "seenDigest",
  decision.rule_digest AS "ruleDigest", decision.args, message, at, key_id AS "keyId", signature,
  principal.roles, principal.labels`;
const joined = `decision LEFT JOIN principal
  ON principal.tenant_id = decision.tenant_id AND principal.id = decision.by
  AND principal.revoked_at IS NULL`;

/** The votes on one question, in the order in which they were cast. */
export const votesSql = ({ tenantId }: RunAddress, approvalId: ApprovalId): Sql => [
  `SELECT ${columns} FROM ${joined}
   WHERE decision.tenant_id = $1 AND approval_id = $2 ORDER BY at, decision.id`,
  tenantId,
  approvalId,
];

/** The votes on every question about a call, in the order in which they were cast. */
export const votesOfCallSql = ({ tenantId, runId }: RunAddress, callId: CallId): Sql => [
  `SELECT ${columns} FROM ${joined}
   WHERE decision.tenant_id = $1 AND approval_id IN
     (SELECT id FROM approval WHERE tenant_id = $1 AND run_id = $2 AND call_id = $3)
   ORDER BY at, decision.id`,
  tenantId,
  runId,
  callId,
];
