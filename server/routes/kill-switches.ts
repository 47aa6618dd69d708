/** Kill switches: set and lifted by operators and admins, seen by everybody who may read. */
import { z } from 'zod';
import { switchScopes, switchStates } from '../../contracts/kill-switch.js';
import { messageCharacters } from '../../contracts/limits.js';
import { BelayError } from '../../runtime/belay-error.js';
import type { KeptAnswer } from '../../store/idempotency.js';
import {
  liftSwitch,
  listSwitches,
  namesOf,
  setSwitch,
  type NewSwitch,
  type SwitchRecord,
} from '../../store/switch-changes.js';
import { decodeCursor, pageOf } from '../cursor.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { keyClaimOf, limitParameter, numberOf, parseQuery, parseRequest } from '../parse.js';
import { sendAnswered } from '../reply.js';
import { setterOf, switchView } from '../views.js';

const listQuery = z.strictObject({
  state: z.enum(switchStates).optional(),
  limit: limitParameter,
  cursor: z.string().optional(),
});

const switchPlace = z.strictObject({ state: z.enum(switchStates), id: z.int().positive() });

/** `GET /v1/kill-switches`: those that are on first, then what was lifted, the newest first. */
export async function getSwitches(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { state, limit, cursor } = parseQuery(listQuery, call.request.query);
  const rows = await listSwitches(gateway.database, {
    tenantId: call.principal.tenantId,
    limit: limit + 1,
    ...(state === undefined ? {} : { state }),
    ...(cursor === undefined ? {} : { after: decodeCursor(switchPlace, cursor) }),
  });
  const place = ({ id, state: its }: SwitchRecord) => ({ state: its, id });
  const { data, nextCursor } = pageOf(rows, limit, place);
  const viewer = setterOf(call.principal);
  call.response.json({ data: data.map(switchView), nextCursor, viewer });
}

const reason = z.string().trim().min(1, 'is required: people will ask why').max(messageCharacters);

const switchBody = z
  .strictObject({
    scope: z.enum(switchScopes),
    name: z.string().min(1).max(100).nullable().default(null),
    reason,
  })
  .refine(({ scope, name }) => (scope === 'all') === (name === null), {
    path: ['name'],
    message: 'goes with the scope agent or tool, and with those alone',
  });

/** `POST /v1/kill-switches`: once it is answered, no effect of that scope starts any more. */
export async function postSwitch(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const key = keyClaimOf(call, 'POST /v1/kill-switches', request.body);
  const { tenantId } = principal;
  const fresh = { ...parseRequest(switchBody, request.body), tenantId, by: principal.id };
  await refuseUnknown(gateway, fresh);
  const answerOf = (record: SwitchRecord) => answer(201, record);
  sendAnswered(response, await setSwitch(gateway.database, fresh, key, answerOf));
}

async function refuseUnknown(
  { database }: GatewayDependencies,
  { tenantId, scope, name }: NewSwitch,
): Promise<void> {
  if (scope === 'all' || name === null) return;
  const known = await namesOf(database, tenantId, scope);
  if (known.includes(name)) return;
  const detail = `The ${scope}s here are: ${known.join(', ') || 'none yet'}.`;
  const errors = [{ pointer: '/name', detail: 'is not registered' }];
  const extra = { errors, [`${scope}s`]: known };
  throw new BelayError(scope === 'agent' ? 'unknown-agent' : 'unknown-tool', { detail, extra });
}

const liftBody = z.strictObject({ reason });

/** `POST /v1/kill-switches/:id/lifts`: what it held goes on by itself within seconds. */
export async function postLift(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const id = numberOf(request);
  const lift = { ...parseRequest(liftBody, request.body), id, by: principal.id };
  const key = keyClaimOf(call, 'POST /v1/kill-switches/:id/lifts', { id, body: request.body });
  const fresh = { ...lift, tenantId: principal.tenantId };
  sendAnswered(
    response,
    await liftSwitch(gateway.database, fresh, key, (record) => answer(200, record)),
  );
}

const answer = (status: number, record: SwitchRecord): KeptAnswer => ({
  status,
  body: JSON.stringify(switchView(record)),
});
