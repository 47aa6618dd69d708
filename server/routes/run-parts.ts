/** What a run is made of: its turns, its calls and its effects. */
import { BelayError } from '../../runtime/belay-error.js';
import { listCalls } from '../../store/calls.js';
import { listEffects } from '../../store/effect-views.js';
import { listTurns } from '../../store/turn-views.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { runIdOf } from '../parse.js';

/** `GET /v1/runs/:id/turns` */
export async function getTurns(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { tenantId } = call.principal;
  const data = await listTurns(gateway.database, { tenantId, runId: runIdOf(call.request) });
  if (data === null) throw new BelayError('not-found');
  call.response.json({ data });
}

/** `GET /v1/runs/:id/calls` */
export async function getCalls(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { tenantId } = call.principal;
  const data = await listCalls(gateway.database, { tenantId, runId: runIdOf(call.request) });
  if (data === null) throw new BelayError('not-found');
  call.response.json({ data });
}

/** `GET /v1/runs/:id/effects` */
export async function getEffects(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { tenantId } = call.principal;
  const data = await listEffects(gateway.database, { tenantId, runId: runIdOf(call.request) });
  if (data === null) throw new BelayError('not-found');
  call.response.json({ data });
}
