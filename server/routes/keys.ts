/** API keys: given and taken by admins, and shown once. */
import { z } from 'zod';
import type { NewApiKeyView } from '../../contracts/principal-views.js';
import { duration } from '../../policy/duration.js';
import { isApiKeyId } from '../../runtime/api-key.js';
import type { Answered } from '../../store/answer-once.js';
import type { KeptAnswer } from '../../store/idempotency.js';
import { addKey, revokeKey, type KeyChange } from '../../store/principal-changes.js';
import { listKeys } from '../../store/principals.js';
import { decodeCursor, pageOf } from '../cursor.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { apiKeyIdOf, keyClaimOf, parseQuery, parseRequest, principalIdOf } from '../parse.js';
import { sendAnswered } from '../reply.js';
import { apiKeyView } from '../views.js';
import { authorOf, knownPrincipal, listQuery, reason, revocation, tell } from './principals.js';

const keyPlace = z.strictObject({
  createdAt: z.iso.datetime(),
  id: z.string().refine(isApiKeyId),
});

/** `GET /v1/principals/:id/keys`: the newest first. The secrets are kept nowhere. */
export async function getKeys(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { limit, cursor } = parseQuery(listQuery, call.request.query);
  const { id } = await knownPrincipal(gateway, call);
  const rows = await listKeys(gateway.database, id, {
    tenantId: call.principal.tenantId,
    limit: limit + 1,
    ...(cursor === undefined ? {} : { after: decodeCursor(keyPlace, cursor) }),
  });
  const { data, nextCursor } = pageOf(rows, limit, (row) => ({
    createdAt: row.createdAt,
    id: row.id,
  }));
  call.response.json({ data: data.map(apiKeyView), nextCursor });
}

const newKey = z.strictObject({ expiresIn: duration.nullable().default(null), reason });

/** `POST /v1/principals/:id/keys`: the answer is the only place where the key is ever shown. */
export async function postKey(gateway: GatewayDependencies, call: Call): Promise<void> {
  const id = principalIdOf(call.request);
  const { expiresIn, reason: why } = parseRequest(newKey, call.request.body);
  const subject = { id, body: call.request.body as unknown };
  const fresh = gateway.keyring.make();
  const answered = await addKey(gateway.database, {
    ...authorOf(call, id, 'key-made', why),
    id,
    fresh,
    expiresInMs: expiresIn,
    key: keyClaimOf(call, 'POST /v1/principals/:id/keys', subject),
    // What a repeated Idempotency-Key is given lies in Postgres: never the key itself.
    answerOf: ({ record }) => answer(201, { ...apiKeyView(record), key: null }),
  });
  const { made } = answered;
  if (made === null) return sendAnswered(call.response, answered);
  tell(gateway, call, 'key-made', made.principal);
  const shown = { ...apiKeyView(made.record), key: fresh.text };
  sendAnswered(call.response, { ...answered, answer: answer(201, shown) });
}

/** `POST /v1/keys/:id/revocation`: from its answer on the key works nowhere. */
export async function postKeyRevocation(gateway: GatewayDependencies, call: Call): Promise<void> {
  const id = apiKeyIdOf(call.request);
  const { reason: why } = parseRequest(revocation, call.request.body);
  const subject = { id, body: call.request.body as unknown };
  const answered: Answered<KeyChange> = await revokeKey(gateway.database, {
    ...authorOf(call, id, 'key-revoked', why),
    id,
    key: keyClaimOf(call, 'POST /v1/keys/:id/revocation', subject),
    answerOf: ({ record }) => ({ status: 200, body: JSON.stringify(apiKeyView(record)) }),
  });
  if (answered.made !== null) tell(gateway, call, 'key-revoked', answered.made.principal);
  sendAnswered(call.response, answered);
}

const answer = (status: number, view: NewApiKeyView): KeptAnswer => ({
  status,
  body: JSON.stringify(view),
});
