/** The outbox, as operators see it: what Temporal has not got yet, and what was given up. */
import { z } from 'zod';
import { BelayError } from '../../runtime/belay-error.js';
import { listDeliveries, retryDelivery } from '../../store/deliveries.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { limitParameter, parseQuery, parseRequest } from '../parse.js';

const listQuery = z.strictObject({
  state: z.enum(['pending', 'dead']).default('dead'),
  limit: limitParameter,
});

/** `GET /v1/outbox`: the oldest first. */
export async function getOutbox(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { state, limit } = parseQuery(listQuery, call.request.query);
  const { tenantId } = call.principal;
  call.response.json({ data: await listDeliveries(gateway.database, { tenantId, state, limit }) });
}

const idOf = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

/** `POST /v1/outbox/:id/retries`: a delivery that was given up is tried again from the beginning. */
export async function postRetry(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const id = idOf.safeParse(request.params['id']);
  if (!id.success) throw new BelayError('not-found');
  parseRequest(z.strictObject({}), request.body);
  const { tenantId } = principal;
  const delivery = await retryDelivery(gateway.database, {
    tenantId,
    id: id.data,
    by: principal.id,
  });
  gateway.wakeOutbox();
  response.status(202).json(delivery);
}
