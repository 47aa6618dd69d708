/** Approvals: read, and decided. The row in Postgres is the authority. */
import { z } from 'zod';
import { approvalStatuses, decisionKinds } from '../../contracts/approval.js';
import type { Digest } from '../../contracts/ids.js';
import { messageCharacters } from '../../contracts/limits.js';
import { mayDecide } from '../../policy/may-decide.js';
import { BelayError } from '../../runtime/belay-error.js';
import { isApprovalId, isRunId } from '../../runtime/ids.js';
import { findApproval, listApprovals } from '../../store/approval-views.js';
import { decide } from '../../store/decisions.js';
import { decodeCursor, pageOf } from '../cursor.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { approvalIdOf, keyClaimOf, limitParameter, parseQuery, parseRequest } from '../parse.js';
import { markReplay } from '../reply.js';
import { approvalView } from '../views.js';

const listQuery = z.strictObject({
  status: z.enum(approvalStatuses).optional(),
  runId: z.string().refine(isRunId, 'is not a run id').optional(),
  limit: limitParameter,
  cursor: z.string().optional(),
});

const approvalPlace = z.strictObject({
  requestedAt: z.iso.datetime(),
  id: z.string().refine(isApprovalId),
});

/** `GET /v1/approvals`: the one that waits longest comes first. */
export async function getApprovals(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { status, runId, limit, cursor } = parseQuery(listQuery, call.request.query);
  const rows = await listApprovals(gateway.database, {
    tenantId: call.principal.tenantId,
    limit: limit + 1,
    ...(status === undefined ? {} : { status }),
    ...(runId === undefined ? {} : { runId }),
    ...(cursor === undefined ? {} : { after: decodeCursor(approvalPlace, cursor) }),
  });
  const { data, nextCursor } = pageOf(rows, limit, ({ requestedAt, id }) => ({ requestedAt, id }));
  const views = data.map((approval) => approvalView(call.principal, approval));
  call.response.json({ data: views, nextCursor });
}

/** `GET /v1/approvals/:id` */
export async function getApproval(gateway: GatewayDependencies, call: Call): Promise<void> {
  const id = approvalIdOf(call.request);
  const approval = await findApproval(gateway.database, call.principal.tenantId, id);
  if (approval === null) throw new BelayError('not-found');
  call.response.json(approvalView(call.principal, approval));
}

const decisionBody = z
  .strictObject({
    decision: z.enum(decisionKinds),
    argsDigest: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'is not a digest')
      .nullable()
      .default(null),
    args: z.unknown().optional(),
    message: z.string().max(messageCharacters).nullable().default(null),
  })
  .refine(({ decision, argsDigest }) => !needsDigest.has(decision) || argsDigest !== null, {
    path: ['argsDigest'],
    message: 'is required: it says which arguments you saw',
  })
  .refine(({ decision, args }) => args === undefined || decision === 'edit', {
    path: ['args'],
    message: 'go with an edit only',
  });

const needsDigest: ReadonlySet<string> = new Set(['approve', 'edit']);

/** `POST /v1/approvals/:id/decisions`: the definite verdict, even when every worker is down. */
export async function decideApproval(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const { tenantId } = principal;
  const approvalId = approvalIdOf(request);
  const { decision, argsDigest, message } = parseRequest(decisionBody, request.body);
  const subject = { id: approvalId, body: request.body as unknown };
  const { replayed } = await decide(gateway.database, {
    tenantId,
    approvalId,
    by: principal.id,
    decision,
    argsDigest: argsDigest as Digest | null,
    message: message === '' ? null : message,
    key: keyClaimOf(call, 'POST /v1/approvals/:id/decisions', subject),
    mayDecide: (question) => mayDecide(principal, question),
  });
  gateway.passPoint('decision-written');
  gateway.wakeOutbox();
  const approval = await findApproval(gateway.database, tenantId, approvalId);
  if (approval === null) throw new BelayError('not-found');
  markReplay(response, replayed);
  response.json(approvalView(principal, approval));
}
