/** Runs: read, cancelled and undone. Starting one has a file of its own. */
import { z } from 'zod';
import { messageCharacters } from '../../contracts/limits.js';
import { runStatuses } from '../../contracts/run.js';
import { BelayError } from '../../runtime/belay-error.js';
import { isRunId, unwindIdOf } from '../../runtime/ids.js';
import { requestCancel } from '../../store/run-lifecycle.js';
import { findRun, listRuns } from '../../store/runs.js';
import { requestUnwind } from '../../store/unwinds.js';
import { decodeCursor, pageOf } from '../cursor.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { keyClaimOf, limitParameter, parseQuery, parseRequest, runIdOf } from '../parse.js';
import { markReplay } from '../reply.js';
import { runPath, runView } from '../views.js';

const listQuery = z.strictObject({
  status: z.enum(runStatuses).optional(),
  agent: z
    .string()
    .regex(/^[a-z0-9-]{1,100}$/, 'is not the name of an agent')
    .optional(),
  limit: limitParameter,
  cursor: z.string().optional(),
});

const runPlace = z.strictObject({
  createdAt: z.iso.datetime(),
  id: z.string().refine(isRunId),
});

/** `GET /v1/runs`: newest first. */
export async function getRuns(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { status, agent, limit, cursor } = parseQuery(listQuery, call.request.query);
  const rows = await listRuns(gateway.database, {
    tenantId: call.principal.tenantId,
    limit: limit + 1,
    ...(status === undefined ? {} : { status }),
    ...(agent === undefined ? {} : { agent }),
    ...(cursor === undefined ? {} : { after: decodeCursor(runPlace, cursor) }),
  });
  const { data, nextCursor } = pageOf(rows, limit, ({ createdAt, id }) => ({ createdAt, id }));
  call.response.json({ data: data.map((run) => runView(gateway, run)), nextCursor });
}

/** `GET /v1/runs/:id` */
export async function getRun(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { tenantId } = call.principal;
  const run = await findRun(gateway.database, { tenantId, runId: runIdOf(call.request) });
  if (run === null) throw new BelayError('not-found');
  call.response.json(runView(gateway, run));
}

/** Why somebody cancels or undoes a run. */
const reasonBody = z.strictObject({
  reason: z.string().min(1).max(messageCharacters).nullable().default(null),
});

/** `POST /v1/runs/:id/cancel`: questions are closed before it answers; the engine is told after. */
export async function cancelRun(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const address = { tenantId: principal.tenantId, runId: runIdOf(request) };
  const { reason } = parseRequest(reasonBody, request.body);
  const subject = { id: address.runId, body: request.body as unknown };
  const key = keyClaimOf(call, 'POST /v1/runs/:id/cancel', subject);
  const cancel = { by: principal.id, reason };
  const { replayed } = await requestCancel(gateway.database, address, cancel, key);
  gateway.passPoint('cancel-written');
  gateway.wakeOutbox();
  const run = await findRun(gateway.database, address);
  if (run === null) throw new BelayError('not-found');
  markReplay(response, replayed);
  response.status(202).json(runView(gateway, run));
}

/** `POST /v1/runs/:id/unwind`: undoes what an ended run did, in a run of its own. One for each run. */
export async function unwindRun(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const address = { tenantId: principal.tenantId, runId: runIdOf(request) };
  const { reason } = parseRequest(reasonBody, request.body);
  const subject = { id: address.runId, body: request.body as unknown };
  const key = keyClaimOf(call, 'POST /v1/runs/:id/unwind', subject);
  const wish = { by: principal.id, reason };
  const { replayed } = await requestUnwind(gateway.database, address, wish, key);
  gateway.passPoint('run-created');
  gateway.wakeOutbox();
  const runId = unwindIdOf(address.runId);
  const run = await findRun(gateway.database, { ...address, runId });
  if (run === null) throw new BelayError('not-found');
  markReplay(response, replayed);
  response.status(202).location(runPath(runId)).json(runView(gateway, run));
}
