/** Approvals as people read them: one by its id, or a page of them. */
import type { AgentVersion } from '../contracts/agent.js';
import type { ApprovalStatus, ApprovalView, DecisionKind } from '../contracts/approval.js';
import type { ApprovalId, DecisionId, Digest, RunId } from '../contracts/ids.js';
import type { Preview } from '../contracts/preview.js';
import { countVotes, levelAt } from '../contracts/voting.js';
import { invariant } from '../runtime/belay-error.js';
import { findVersion } from './agents.js';
import { approvalColumns, approvalWithEnd, type ApprovalRow } from './approval-rows.js';
import { prepared, type Database } from './database.js';
import { rfc3339 } from './rfc3339.js';

/** An approval without what depends on who looks and from where. */
export type ApprovalRecord = Omit<ApprovalView, 'viewer' | 'links'> & {
  readonly requesterMayDecide: boolean;
  /** Who started the run. */
  readonly requestedBy: string;
};

/** One approval, or null. */
export async function findApproval(
  database: Database,
  tenantId: string,
  id: ApprovalId,
): Promise<ApprovalRecord | null> {
  const where = 'WHERE approval.tenant_id = $1 AND approval.id = $2';
  const [record] = await read(database, tenantId, where, [id]);
  return record ?? null;
}

export interface ApprovalFilter {
  readonly tenantId: string;
  readonly status?: ApprovalStatus;
  readonly runId?: RunId;
  readonly limit: number;
  /** The last approval of the page before. */
  readonly after?: { readonly requestedAt: string; readonly id: string };
}

/** Approvals, oldest first: the one that waits longest comes first. */
export async function listApprovals(
  database: Database,
  { tenantId, status, runId, limit, after }: ApprovalFilter,
): Promise<readonly ApprovalRecord[]> {
  const values: unknown[] = [];
  // The tenant is $1.
  const bind = (value: unknown): string => `$${values.push(value) + 1}`;
  const conditions = [
    'approval.tenant_id = $1',
    ...(status === undefined ? [] : [`approval.status = ${bind(status)}`]),
    ...(runId === undefined ? [] : [`approval.run_id = ${bind(runId)}`]),
    ...(after === undefined
      ? []
      : [`(requested_at, approval.id) > (${bind(after.requestedAt)}, ${bind(after.id)})`]),
  ];
  const page = `ORDER BY requested_at, approval.id LIMIT ${bind(limit)}`;
  return read(database, tenantId, `WHERE ${conditions.join(' AND ')} ${page}`, values);
}

async function read(
  database: Database,
  tenantId: string,
  which: string,
  values: readonly unknown[],
): Promise<readonly ApprovalRecord[]> {
  const { rows } = await database.pool.query<Row>(
    prepared(`${selectSql} ${which}`, [tenantId, ...values]),
  );
  return Promise.all(
    rows.map(async (row) => {
      const version = await findVersion(database, tenantId, row.agent, row.agentVersion);
      invariant(version !== null, 'a pinned agent version exists');
      return recordOf(row, version);
    }),
  );
}

interface Row extends ApprovalRow {
  readonly runId: RunId;
  readonly tool: string;
  readonly reason: string;
  /** JSON; null for what the product itself asks. */
  readonly ruleInputs: string | null;
  readonly preview: Preview | null;
  readonly earlierPreview: Preview | null;
  readonly onExpiry: 'reject' | 'escalate';
  readonly withdrawnAt: string | null;
  readonly requestedBy: string;
  readonly agent: string;
  readonly agentVersion: Digest;
  readonly decisions: readonly DecisionRow[];
  /** Who is asked depends on the time, and the time is Postgres's. */
  readonly now: string;
}

interface DecisionRow {
  readonly id: DecisionId;
  readonly by: string;
  readonly decision: DecisionKind;
  readonly round: number;
  readonly args: string | null;
  readonly message: string | null;
  readonly at: string;
}

const selectSql = `
  SELECT ${approvalColumns}, approval.run_id AS "runId", call.tool, approval.reason,
    call.rule_inputs AS "ruleInputs", preview, earlier_preview AS "earlierPreview",
    on_expiry AS "onExpiry", withdrawn_at AS "withdrawnAt", run.requested_by AS "requestedBy",
    run.agent, run.agent_version AS "agentVersion",
    (SELECT coalesce(json_agg(json_build_object('id', id, 'by', by, 'decision', decision,
         'round', round, 'args', args, 'message', message, 'at', ${rfc3339('at')})
       ORDER BY at, id), '[]'::json)
     FROM decision
     WHERE decision.tenant_id = approval.tenant_id AND approval_id = approval.id) AS decisions,
    clock_timestamp() AS now
  FROM ${approvalWithEnd}
  JOIN call ON call.tenant_id = approval.tenant_id AND call.id = approval.call_id
  JOIN run ON run.tenant_id = approval.tenant_id AND run.id = approval.run_id`;

function recordOf(row: Row, { spec: { tools, policy } }: AgentVersion): ApprovalRecord {
  const { tool, ruleInputs, requestedAt, escalation, status, now } = row;
  const asked = { approvers: row.approvers, quorum: row.quorum, escalation };
  const level =
    status === 'pending' ? levelAt(asked, requestedAt, now) : { ...asked, index: row.level };
  return {
    id: row.id,
    runId: row.runId,
    callId: row.callId,
    effectKey: row.effectKey,
    tool,
    title: row.title,
    args: JSON.parse(row.args) as unknown,
    originalArgs: JSON.parse(row.originalArgs) as unknown,
    argsSchema: tools.find(({ name }) => name === tool)?.argsSchema ?? null,
    argsDigest: row.argsDigest,
    round: row.round,
    rule: row.rule,
    reason: row.reason,
    because: {
      when: policy.find(({ id }) => id === row.rule)?.when ?? null,
      inputs: ruleInputs === null ? null : (JSON.parse(ruleInputs) as unknown),
    },
    allowedDecisions: row.allowedDecisions,
    approvers: level.approvers,
    quorum: level.quorum,
    counted: countedOf(row),
    level: level.index,
    escalation: escalation.map((step) => ({
      ...step,
      at: new Date(Date.parse(requestedAt) + step.afterMs).toISOString(),
    })),
    preview: {
      state: row.previewState,
      now: row.preview,
      earlier: row.earlierPreview,
      ...(row.previewState === 'ready' && row.round > 1 ? { isOfEarlierArgs: true as const } : {}),
    },
    requesterMayDecide: row.requesterMayDecide,
    requestedBy: row.requestedBy,
    status,
    decisions: row.decisions.map((decision) => decisionOf(row, decision)),
    requestedAt,
    expiresAt: row.expiresAt,
    closedAt: row.closedAt,
    executableAt: row.executableAt,
    withdrawn:
      row.withdrawnBy === null || row.withdrawnAt === null
        ? null
        : { by: row.withdrawnBy, at: row.withdrawnAt },
    onExpiry: row.onExpiry,
  };
}

/** As they were cast: whether their authors may still decide is looked at when it matters. */
const countedOf = ({ decisions, round, editorMayDecide }: Row): number =>
  countVotes(decisions, { round, editorMayDecide, isEligible: () => true }).length;

const decisionOf = ({ round }: Row, decision: DecisionRow): ApprovalView['decisions'][number] => ({
  id: decision.id,
  by: decision.by,
  decision: decision.decision,
  ...(decision.args === null ? {} : { args: JSON.parse(decision.args) as unknown }),
  ...(decision.message === null ? {} : { message: decision.message }),
  at: decision.at,
  ...(decision.round === round ? {} : { void: true }),
});
