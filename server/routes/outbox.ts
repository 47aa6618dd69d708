/** The outbox, as operators see it: what Temporal has not got yet, and what was given up. */
import { z } from 'zod';
import { listDeliveries, retryDelivery } from '../../store/deliveries.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { limitParameter, numberOf, parseQuery, parseRequest } from '../parse.js';

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

/** `POST /v1/outbox/:id/retries`: a delivery that was given up is tried again from the beginning. */
export async function postRetry(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const id = numberOf(request);
  parseRequest(z.strictObject({}), request.body);
  const { tenantId } = principal;
  const delivery = await retryDelivery(gateway.database, { tenantId, id, by: principal.id });
  gateway.wakeOutbox();
  response.status(202).json(delivery);
}
