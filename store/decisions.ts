/** Decisions: one person's vote, judged under the run's lock. The first final outcome wins (P5). */
import { decidedStatus } from '../contracts/approval.js';
import type { CallId, DecisionId, Digest, RunId } from '../contracts/ids.js';
import { countVotes, demandOf, levelAt, type Level, type VoteBody } from '../contracts/voting.js';
import { BelayError, invariant } from '../runtime/belay-error.js';
import { canonicalJson, digestOf } from '../runtime/digest.js';
import { newDecisionId } from '../runtime/ids.js';
import { findVersion } from './agents.js';
import { approvalSql, type ApprovalRow } from './approval-rows.js';
import { expireApproval } from './approvals.js';
import { callSql, finishCall, type OpenCallRow } from './calls.js';
import type { Database } from './database.js';
import { findRefusal, type Refusal } from './decision-refusals.js';
import { writeEdit, writeFinal, writeVote, type Cast } from './decision-writes.js';
import { isReplay, keepKey, keyReads, type KeptKeyRow } from './idempotency.js';
import type { Judging, NewDecision } from './judging.js';
import { inRun } from './run-transaction.js';
import { votesSql, type VoteRow } from './votes.js';

/**
 * Takes one person's decision. Below the quorum it is a vote and decides nothing; the vote that
 * completes it, a reject or an answer is final, and its signal is queued. Throws `not-found`,
 * `forbidden`, `decision-not-allowed`, `args-changed`, `already-voted`, `preview-pending`,
 * `edit-refused`, `approval-decided` (who, what, when) or `approval-expired`; a question found
 * expired is closed in the same transaction.
 */
export async function decide(
  database: Database,
  fresh: NewDecision,
): Promise<{ readonly replayed: boolean }> {
  const place = await findPlaceOf(database, fresh);
  if (place === null) throw new BelayError('not-found');
  const address = { tenantId: fresh.tenantId, runId: place.runId };
  const version = await findVersion(database, fresh.tenantId, place.agent, place.agentVersion);
  invariant(version !== null, 'a pinned agent version exists');
  const reads = [
    approvalSql(address, fresh.approvalId),
    callSql(address, place.callId),
    votesSql(address, fresh.approvalId),
    ...keyReads(fresh.key),
  ];
  let isReplayed = false;
  const refusal = await inRun(database, address, reads, (transaction, rows): Refusal | null => {
    const [[approval], [call], votes, kept] = rows as [
      ApprovalRow[],
      OpenCallRow[],
      VoteRow[],
      KeptKeyRow[],
    ];
    if (approval === undefined || call === undefined) return { code: 'not-found' };
    isReplayed = isReplay(fresh.key, kept);
    if (isReplayed) return null;
    const level = levelAt(approval, approval.requestedAt, transaction.now);
    const judging = { transaction, approval, call, votes, version, level, fresh };
    const refused = findRefusal(judging) ?? take(judging);
    if (refused?.code === 'approval-expired' && approval.status === 'pending') {
      expireApproval(transaction, approval);
      if (call.state !== 'finished') {
        finishCall(transaction, call, 'expired', 'Not made: nobody approved it in time.', null);
      }
    }
    if (refused === null) keepKey(transaction, fresh.key);
    return refused;
  });
  if (refusal !== null) throw errorOf(refusal);
  return { replayed: isReplayed };
}

const errorOf = ({ code, detail, extra, retryAfterSeconds }: Refusal): BelayError =>
  new BelayError(code, {
    ...(detail === undefined ? {} : { detail }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    extra: { ...extra },
  });

/** Writes what was decided; says why not where only the changed arguments tell. */
function take(judging: Judging): Refusal | null {
  const { fresh, approval, level } = judging;
  switch (fresh.decision) {
    case 'approve': {
      const cast = castOf(judging, approval.argsDigest, approval.ruleDigest, approval.round);
      const counted = count(judging, level, approval, [...judging.votes, voteOf(cast, judging)]);
      writeVote(judging, cast, counted);
      if (counted >= level.quorum) writeFinal(judging, cast, 'approved');
      return null;
    }
    case 'reject':
    case 'respond': {
      const cast = castOf(judging, approval.argsDigest, approval.ruleDigest, approval.round);
      writeVote(judging, cast, null);
      writeFinal(judging, cast, decidedStatus[fresh.decision]);
      return null;
    }
    case 'edit':
      return takeEdit(judging);
  }
}

/** The new arguments pass schema and policy; the editor must be allowed by the old rule and the new. */
function takeEdit(judging: Judging): Refusal | null {
  const { transaction, approval, call, version, fresh } = judging;
  const { run, now } = transaction;
  const spec = version.spec.tools.find(({ name }) => name === call.tool);
  if (spec === undefined) return { code: 'edit-refused', detail: 'The agent has no such tool.' };
  const problems = fresh.law.checkArguments(spec.argsSchema, fresh.args);
  if (problems.length > 0) return { code: 'edit-refused', detail: `${problems.join('; ')}.` };
  const args = canonicalJson(fresh.args);
  const argsDigest = digestOf(fresh.args);
  if (argsDigest === approval.argsDigest) {
    return { code: 'edit-refused', detail: 'These are the same arguments: approve them instead.' };
  }
  const judgedRun = {
    runId: run.id,
    requestedBy: run.requestedBy,
    turn: call.turn,
    spentMicrosUsd: run.costMicrosUsd,
    isTainted: run.taintedAt !== null,
    at: now,
  };
  const tool = { name: call.tool, effect: call.effect };
  const { judgement } = fresh.law.judge(version, judgedRun, tool, fresh.args);
  if (judgement.verdict === 'deny') return { code: 'edit-refused', detail: judgement.reason };
  const question = demandOf(judgement);
  const level = levelAt(question, approval.requestedAt, now);
  const { approvers } = level;
  const { requesterMayDecide } = question;
  const asked = { approvers, requesterMayDecide, requestedBy: run.requestedBy };
  const { canDecide, why } = fresh.law.mayDecide(fresh.principal, asked);
  if (!canDecide) return { code: 'forbidden', detail: `For these arguments: ${why}` };
  const round = approval.round + 1;
  const cast = castOf(judging, argsDigest, question.ruleDigest, round);
  const counted = question.editorMayDecide ? 1 : 0;
  const edited = { ...judging, level };
  writeEdit(edited, cast, { question, args, counted });
  if (counted >= level.quorum) writeFinal(edited, { ...cast, args, question }, 'approved');
  return null;
}

function castOf(
  { transaction, approval, call, version, level, fresh }: Judging,
  argsDigest: Digest,
  ruleDigest: Digest,
  round: number,
): Cast {
  const { run, now } = transaction;
  const id: DecisionId = newDecisionId();
  const tool = version.spec.tools.find(({ name }) => name === call.tool) ?? null;
  const body: VoteBody = {
    tenantId: run.tenantId,
    runId: run.id,
    approvalId: approval.id,
    decisionId: id,
    effectKey: approval.effectKey,
    agentVersion: version.digest,
    toolDigest: digestOf(tool),
    ruleDigest,
    argsDigest,
    seenDigest: fresh.argsDigest,
    decision: fresh.decision,
    messageDigest: fresh.message === null ? null : digestOf(fresh.message),
    round,
    level: level.index,
    by: fresh.principal.id,
    at: now,
  };
  return { body, signed: fresh.law.sign(body) };
}

const voteOf = ({ body }: Cast, { fresh }: Judging) => ({
  ...body,
  roles: fresh.principal.roles,
  labels: fresh.principal.labels,
});

type CountedVote = Pick<VoteRow, 'by' | 'decision' | 'round' | 'roles' | 'labels'>;

/** How many votes count now: of people who may decide it as they are now. */
function count(
  { transaction, fresh }: Judging,
  { approvers }: Level,
  { round, editorMayDecide, requesterMayDecide }: ApprovalRow,
  votes: readonly CountedVote[],
): number {
  const { tenantId, requestedBy } = transaction.run;
  const isEligible = (by: string): boolean => {
    const { roles, labels } = votes.find((vote) => vote.by === by) ?? { roles: null, labels: null };
    if (roles === null || labels === null) return false;
    const principal = { id: by, tenantId, roles, labels };
    return fresh.law.mayDecide(principal, { approvers, requesterMayDecide, requestedBy }).canDecide;
  };
  return countVotes(votes, { round, editorMayDecide, isEligible }).length;
}

interface Place {
  readonly runId: RunId;
  readonly callId: CallId;
  readonly agent: string;
  readonly agentVersion: Digest;
}

async function findPlaceOf(
  database: Database,
  { tenantId, approvalId }: NewDecision,
): Promise<Place | null> {
  const { rows } = await database.pool.query<Place>(
    `SELECT run_id AS "runId", call_id AS "callId", agent, agent_version AS "agentVersion"
     FROM approval JOIN run ON run.tenant_id = approval.tenant_id AND run.id = run_id
     WHERE approval.tenant_id = $1 AND approval.id = $2`,
    [tenantId, approvalId],
  );
  return rows[0] ?? null;
}
