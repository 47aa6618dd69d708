/** Approvals: read, and decided. The row in Postgres is the authority. */
import { z } from 'zod';
import { approvalStatuses, decisionKinds } from '../../contracts/approval.js';
import type { ApprovalId, Digest } from '../../contracts/ids.js';
import { messageCharacters } from '../../contracts/limits.js';
import { BelayError } from '../../runtime/belay-error.js';
import { isApprovalId, isRunId } from '../../runtime/ids.js';
import { findApproval, listApprovals } from '../../store/approval-views.js';
import { decide } from '../../store/decisions.js';
import { withdraw } from '../../store/withdrawals.js';
import { decodeCursor, pageOf } from '../cursor.js';
import { decisionLaw } from '../decision-law.js';
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
  })
  .refine(({ decision, args }) => args !== undefined || decision !== 'edit', {
    path: ['args'],
    message: 'are required: what the arguments are to be',
  })
  .refine(({ decision, message }) => decision !== 'respond' || (message ?? '').trim() !== '', {
    path: ['message'],
    message: 'is required: it is the answer',
  });

const needsDigest: ReadonlySet<string> = new Set(['approve', 'edit']);

/** `POST /v1/approvals/:id/decisions`: the definite verdict, even when every worker is down. */
export async function decideApproval(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, principal } = call;
  const { tenantId } = principal;
  const approvalId = approvalIdOf(request);
  const { decision, argsDigest, args, message } = parseRequest(decisionBody, request.body);
  const subject = { id: approvalId, body: request.body as unknown };
  const { replayed } = await decide(gateway.database, {
    tenantId,
    approvalId,
    principal,
    decision,
    argsDigest: argsDigest as Digest | null,
    args,
    message: message === '' ? null : message,
    key: keyClaimOf(call, 'POST /v1/approvals/:id/decisions', subject),
    law: decisionLaw(gateway.signer),
  });
  gateway.passPoint('decision-written');
  await answer(gateway, call, approvalId, replayed);
}

/** `POST /v1/approvals/:id/withdrawal`: takes a yes back before anything of it is carried out. */
export async function withdrawApproval(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, principal } = call;
  const approvalId = approvalIdOf(request);
  parseRequest(z.strictObject({}), request.body);
  const { replayed } = await withdraw(gateway.database, {
    tenantId: principal.tenantId,
    approvalId,
    by: principal.id,
    key: keyClaimOf(call, 'POST /v1/approvals/:id/withdrawal', { id: approvalId }),
  });
  await answer(gateway, call, approvalId, replayed);
}

async function answer(
  gateway: GatewayDependencies,
  { principal, response }: Call,
  approvalId: ApprovalId,
  replayed: boolean,
): Promise<void> {
  gateway.wakeOutbox();
  const approval = await findApproval(gateway.database, principal.tenantId, approvalId);
  if (approval === null) throw new BelayError('not-found');
  markReplay(response, replayed);
  response.json(approvalView(principal, approval));
}
