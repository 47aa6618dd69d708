/** Effects: a person's word on one whose outcome nobody knows. */
import { z } from 'zod';
import { resolutions } from '../../contracts/effect.js';
import { messageCharacters } from '../../contracts/limits.js';
import { BelayError } from '../../runtime/belay-error.js';
import { findEffect, resolveEffect } from '../../store/call-settlement.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { effectKeyOf, keyClaimOf, parseRequest } from '../parse.js';
import { markReplay } from '../reply.js';

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
  });
  gateway.passPoint('resolution-written');
  gateway.wakeOutbox();
  const effect = await findEffect(gateway.database, tenantId, effectKey);
  if (effect === null) throw new BelayError('not-found');
  markReplay(response, replayed);
  response.json(effect);
}
