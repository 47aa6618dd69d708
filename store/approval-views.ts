/** Approvals as people read them: one by its id, or a page of them. */
import type { AgentSpec, JsonSchema } from '../contracts/agent.js';
import type { ApprovalStatus, ApprovalView, DecisionKind } from '../contracts/approval.js';
import type { ApprovalId, CallId, DecisionId, Digest, RunId } from '../contracts/ids.js';
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
  return row === null ? null : recordOf(row);
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
  return rows.map(recordOf);
}

const include = {
  call: { select: { tool: true, title: true, args: true } },
  run: { select: { requestedBy: true, version: { select: { spec: true } } } },
  decisions: { orderBy: { at: 'asc' } },
} satisfies Prisma.ApprovalInclude;

type Row = Prisma.ApprovalGetPayload<{ include: typeof include }>;

function recordOf(row: Row): ApprovalRecord {
  const args: unknown = JSON.parse(row.call.args);
  return {
    id: row.id as ApprovalId,
    runId: row.runId as RunId,
    callId: row.callId as CallId,
    tool: row.call.tool,
    title: row.call.title,
    args,
    originalArgs: args,
    argsSchema: schemaOf(row.run.version.spec, row.call.tool),
    argsDigest: row.argsDigest as Digest,
    rule: row.rule,
    reason: row.reason,
    allowedDecisions: row.allowedDecisions as DecisionKind[],
    approvers: row.approvers,
    quorum: row.quorum,
    requesterMayDecide: row.requesterMayDecide,
    requestedBy: row.run.requestedBy,
    status: row.status as ApprovalStatus,
    decisions: row.decisions.map((decision) => ({
      id: decision.id as DecisionId,
      by: decision.by,
      decision: decision.decision as DecisionKind,
      ...(decision.message === null ? {} : { message: decision.message }),
      at: decision.at.toISOString(),
    })),
    requestedAt: row.requestedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    onExpiry: row.onExpiry as 'reject',
  };
}

function schemaOf(spec: string, tool: string): JsonSchema | null {
  const { tools } = JSON.parse(spec) as AgentSpec;
  return tools.find(({ name }) => name === tool)?.argsSchema ?? null;
}
