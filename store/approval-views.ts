/** Approvals as people read them: one by its id, or a page of them. */
import type { AgentSpec } from '../contracts/agent.js';
import type {
  ApprovalStatus,
  ApprovalView,
  DecisionKind,
  EscalationStep,
} from '../contracts/approval.js';
import type { ApprovalId, CallId, DecisionId, Digest, EffectKey, RunId } from '../contracts/ids.js';
import type { Preview, PreviewState } from '../contracts/preview.js';
import { countVotes, levelAt } from '../contracts/voting.js';
import type { Database } from './database.js';
import type { Prisma } from './generated/client.js';

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
  const row = await database.prisma.approval.findUnique({
    where: { tenantId_id: { tenantId, id } },
    include,
  });
  return row === null ? null : recordOf(row, await clock(database));
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
  filter: ApprovalFilter,
): Promise<ApprovalRecord[]> {
  const { after } = filter;
  const rows = await database.prisma.approval.findMany({
    where: {
      tenantId: filter.tenantId,
      ...(filter.status === undefined ? {} : { status: filter.status }),
      ...(filter.runId === undefined ? {} : { runId: filter.runId }),
      ...(after === undefined
        ? {}
        : {
            OR: [
              { requestedAt: { gt: after.requestedAt } },
              { requestedAt: after.requestedAt, id: { gt: after.id } },
            ],
          }),
    },
    orderBy: [{ requestedAt: 'asc' }, { id: 'asc' }],
    take: filter.limit,
    include,
  });
  const now = await clock(database);
  return rows.map((row) => recordOf(row, now));
}

/** Who is asked depends on the time, and the time is Postgres's. */
async function clock({ pool }: Database): Promise<string> {
  const { rows } = await pool.query<{ now: string }>('SELECT clock_timestamp() AS now');
  return rows[0]?.now ?? new Date(0).toISOString();
}

const include = {
  call: { select: { tool: true, ruleInputs: true } },
  run: { select: { requestedBy: true, version: { select: { spec: true } } } },
  decisions: { orderBy: [{ at: 'asc' }, { id: 'asc' }] },
} satisfies Prisma.ApprovalInclude;

type Row = Prisma.ApprovalGetPayload<{ include: typeof include }>;

function recordOf(row: Row, now: string): ApprovalRecord {
  const { tools, policy } = JSON.parse(row.run.version.spec) as AgentSpec;
  const { tool, ruleInputs } = row.call;
  const requestedAt = row.requestedAt.toISOString();
  const escalation = row.escalation as unknown as readonly EscalationStep[];
  const asked = { approvers: row.approvers, quorum: row.quorum, escalation };
  const level =
    row.status === 'pending' ? levelAt(asked, requestedAt, now) : { ...asked, index: row.level };
  return {
    id: row.id as ApprovalId,
    runId: row.runId as RunId,
    callId: row.callId as CallId,
    effectKey: row.effectKey as EffectKey | null,
    tool,
    title: row.title,
    args: JSON.parse(row.args) as unknown,
    originalArgs: JSON.parse(row.originalArgs) as unknown,
    argsSchema: tools.find(({ name }) => name === tool)?.argsSchema ?? null,
    argsDigest: row.argsDigest as Digest,
    round: row.round,
    rule: row.rule,
    reason: row.reason,
    because: {
      when: policy.find(({ id }) => id === row.rule)?.when ?? null,
      inputs: ruleInputs === null ? null : (JSON.parse(ruleInputs) as unknown),
    },
    allowedDecisions: row.allowedDecisions as DecisionKind[],
    approvers: level.approvers,
    quorum: level.quorum,
    counted: countedOf(row),
    level: level.index,
    escalation: escalation.map((step) => ({
      ...step,
      at: new Date(row.requestedAt.getTime() + step.afterMs).toISOString(),
    })),
    preview: {
      state: row.previewState as PreviewState,
      now: row.preview as unknown as Preview | null,
      earlier: row.earlierPreview as unknown as Preview | null,
      ...(row.previewState === 'ready' && row.round > 1 ? { isOfEarlierArgs: true as const } : {}),
    },
    requesterMayDecide: row.requesterMayDecide,
    requestedBy: row.run.requestedBy,
    status: row.status as ApprovalStatus,
    decisions: row.decisions.map((decision) => decisionOf(row, decision)),
    requestedAt,
    expiresAt: row.expiresAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
    executableAt: row.executableAt?.toISOString() ?? null,
    withdrawn:
      row.withdrawnBy === null || row.withdrawnAt === null
        ? null
        : { by: row.withdrawnBy, at: row.withdrawnAt.toISOString() },
    onExpiry: row.onExpiry as 'reject' | 'escalate',
  };
}

/** As they were cast: whether their authors may still decide is looked at when it matters. */
function countedOf({ decisions, round, editorMayDecide }: Row): number {
  const votes = decisions.map(({ by, decision, round: castIn }) => ({
    by,
    decision: decision as DecisionKind,
    round: castIn,
  }));
  return countVotes(votes, { round, editorMayDecide, isEligible: () => true }).length;
}

const decisionOf = (
  { round }: Row,
  decision: Row['decisions'][number],
): ApprovalView['decisions'][number] => ({
  id: decision.id as DecisionId,
  by: decision.by,
  decision: decision.decision as DecisionKind,
  ...(decision.args === null ? {} : { args: JSON.parse(decision.args) as unknown }),
  ...(decision.message === null ? {} : { message: decision.message }),
  at: decision.at.toISOString(),
  ...(decision.round === round ? {} : { void: true }),
});
