/** Effects: those whose outcome nobody knows, and a person's word on one. */
import { z } from 'zod';
import { resolutions } from '../../contracts/effect.js';
import { messageCharacters } from '../../contracts/limits.js';
import { BelayError } from '../../runtime/belay-error.js';
import { isEffectKey, isRunId } from '../../runtime/ids.js';
import { resolveEffect } from '../../store/resolutions.js';
import { findEffect, listParked } from '../../store/effect-views.js';
import { decodeCursor, pageOf } from '../cursor.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { effectKeyOf, keyClaimOf, limitParameter, parseQuery, parseRequest } from '../parse.js';
import { markReplay } from '../reply.js';
import { effectDetail } from '../views.js';

const listQuery = z.strictObject({
  state: z.literal('parked', 'is listed for parked only').default('parked'),
  runId: z.string().refine(isRunId, 'is not a run id').optional(),
  limit: limitParameter,
  cursor: z.string().optional(),
});

const parkedPlace = z.strictObject({
  parkedAt: z.iso.datetime(),
  key: z.string().refine(isEffectKey),
});

/** `GET /v1/effects?state=parked`: the one that waits longest comes first. */
export async function getParked(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { runId, limit, cursor } = parseQuery(listQuery, call.request.query);
  const rows = await listParked(gateway.database, {
    tenantId: call.principal.tenantId,
    limit: limit + 1,
    ...(runId === undefined ? {} : { runId }),
    ...(cursor === undefined ? {} : { after: decodeCursor(parkedPlace, cursor) }),
  });
  const { data, nextCursor } = pageOf(rows, limit, ({ parked, key }) => ({
    parkedAt: parked?.since,
    key,
  }));
  const views = data.map((effect) => effectDetail(call.principal, effect));
  call.response.json({ data: views, nextCursor });
}

/** `GET /v1/effects/:key`: with its story. */
export async function getEffect(gateway: GatewayDependencies, call: Call): Promise<void> {
  const key = effectKeyOf(call.request);
  const effect = await findEffect(gateway.database, call.principal.tenantId, key);
  if (effect === null) throw new BelayError('not-found');
  call.response.json(effectDetail(call.principal, effect));
}

const body = z.strictObject({
  outcome: z.enum(resolutions),
  externalRef: z.string().min(1).max(255).nullable().default(null),
  message: z.string().min(1).max(messageCharacters),
});

/** `POST /v1/effects/:key/resolutions`: ends its call; the key is never dispatched again. */
export async function postResolution(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const { tenantId } = principal;
  const effectKey = effectKeyOf(request);
  const { outcome, externalRef, message } = parseRequest(body, request.body);
  const subject = { id: effectKey, body: request.body as unknown };
  const { replayed } = await resolveEffect(gateway.database, {
    tenantId,
    effectKey,
    by: principal.id,
    outcome,
    externalRef,
    message,
    key: keyClaimOf(call, 'POST /v1/effects/:key/resolutions', subject),
    sign: (signedBody) => gateway.signer.sign('resolution', signedBody),
  });
  gateway.passPoint('resolution-written');
  gateway.wakeOutbox();
  const effect = await findEffect(gateway.database, tenantId, effectKey);
  if (effect === null) throw new BelayError('not-found');
  markReplay(response, replayed);
  response.json(effectDetail(principal, effect));
}
