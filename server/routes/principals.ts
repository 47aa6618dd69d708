/** Principals: read by admins and auditors, changed by admins. */
import { z } from 'zod';
import { messageCharacters, principalLabels } from '../../contracts/limits.js';
import { areApart, isLabel, isPrincipalName, roles } from '../../contracts/principal.js';
import type { PrincipalAct } from '../../contracts/principal-views.js';
import { mayManage } from '../../policy/may-manage.js';
import { BelayError } from '../../runtime/belay-error.js';
import type { Answered } from '../../store/answer-once.js';
import type { KeptAnswer } from '../../store/idempotency.js';
import {
  changePrincipal,
  makePrincipal,
  revokePrincipal,
  type Author,
} from '../../store/principal-changes.js';
import {
  findPrincipal,
  listPrincipalChanges,
  listPrincipals,
  type PrincipalRecord,
} from '../../store/principals.js';
import { decodeCursor, pageOf } from '../cursor.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { keyClaimOf, limitParameter, parseQuery, parseRequest, principalIdOf } from '../parse.js';
import { sendAnswered } from '../reply.js';
import { principalView } from '../views.js';

/** What every list of this kind takes. */
export const listQuery = z.strictObject({
  limit: limitParameter,
  cursor: z.string().optional(),
});

/** Why: of every change, because someone will ask. */
export const reason = z
  .string()
  .trim()
  .min(1, 'is required: people will ask why')
  .max(messageCharacters);

const principalPlace = z.strictObject({ id: z.string() });
const changePlace = z.strictObject({ id: z.int().positive() });

/** `GET /v1/principals`: by name, revoked ones too. */
export async function getPrincipals(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { limit, cursor } = parseQuery(listQuery, call.request.query);
  const rows = await listPrincipals(gateway.database, {
    tenantId: call.principal.tenantId,
    limit: limit + 1,
    ...(cursor === undefined ? {} : { after: decodeCursor(principalPlace, cursor) }),
  });
  const { data, nextCursor } = pageOf(rows, limit, ({ id }) => ({ id }));
  call.response.json({ data: data.map(principalView), nextCursor });
}

/** `GET /v1/principals/:id` */
export async function getPrincipal(gateway: GatewayDependencies, call: Call): Promise<void> {
  call.response.json(principalView(await knownPrincipal(gateway, call)));
}

/** `GET /v1/principals/:id/changes`: who did what to it and why, the newest first. */
export async function getPrincipalChanges(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { limit, cursor } = parseQuery(listQuery, call.request.query);
  const { id } = await knownPrincipal(gateway, call);
  const rows = await listPrincipalChanges(gateway.database, id, {
    tenantId: call.principal.tenantId,
    limit: limit + 1,
    ...(cursor === undefined ? {} : { after: decodeCursor(changePlace, cursor) }),
  });
  call.response.json(pageOf(rows, limit, (row) => ({ id: row.id })));
}

/** The principal in the path. Throws `not-found`. */
export async function knownPrincipal(
  gateway: GatewayDependencies,
  { request, principal }: Call,
): Promise<PrincipalRecord> {
  const found = await findPrincipal(gateway.database, principal.tenantId, principalIdOf(request));
  if (found === null) throw new BelayError('not-found');
  return found;
}

const distinct = (words: readonly string[]): boolean => new Set(words).size === words.length;

const roleList = z
  .array(z.enum(roles))
  .min(1, 'names at least one role')
  .refine(distinct, 'names one twice')
  .refine(areApart, 'holds admin and approver: who says who may approve does not approve');

const labelList = z
  .array(z.string().refine(isLabel, 'is not a lower-case label, or is called like a role'))
  .max(principalLabels)
  .refine(distinct, 'names one twice');

const newPrincipal = z.strictObject({
  id: z.string().refine(isPrincipalName, 'is not a name: a-z, then a-z, 0-9, dots and dashes'),
  roles: roleList,
  labels: labelList.default([]),
  reason,
});

/** `POST /v1/principals`: without a key, so it can do nothing yet. */
export async function postPrincipal(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { id, reason: why, ...rights } = parseRequest(newPrincipal, call.request.body);
  const key = keyClaimOf(call, 'POST /v1/principals', call.request.body);
  const change = { ...authorOf(call, id, 'made', why), id, key, ...rights };
  const answerOf = (record: PrincipalRecord) => answer(201, record);
  reply(gateway, call, 'made', await makePrincipal(gateway.database, { ...change, answerOf }));
}

const changedRights = z
  .strictObject({ roles: roleList.optional(), labels: labelList.optional(), reason })
  .refine(({ roles: its, labels }) => its !== undefined || labels !== undefined, {
    path: ['roles'],
    message: 'or labels: something has to change',
  });

/** `POST /v1/principals/:id/changes`: what is named is replaced as a whole. */
export async function postPrincipalChange(gateway: GatewayDependencies, call: Call): Promise<void> {
  const id = principalIdOf(call.request);
  const { reason: why, ...wanted } = parseRequest(changedRights, call.request.body);
  const subject = { id, body: call.request.body as unknown };
  const key = keyClaimOf(call, 'POST /v1/principals/:id/changes', subject);
  const rights = {
    ...(wanted.roles === undefined ? {} : { roles: wanted.roles }),
    ...(wanted.labels === undefined ? {} : { labels: wanted.labels }),
  };
  const change = { ...authorOf(call, id, 'changed', why), id, key, ...rights, answerOf: answerOk };
  reply(gateway, call, 'changed', await changePrincipal(gateway.database, change));
}

/** The body of a revocation. */
export const revocation = z.strictObject({ reason });

/** `POST /v1/principals/:id/revocation`: from its answer on none of its keys works, for good. */
export async function postPrincipalRevocation(
  gateway: GatewayDependencies,
  call: Call,
): Promise<void> {
  const id = principalIdOf(call.request);
  const { reason: why } = parseRequest(revocation, call.request.body);
  const subject = { id, body: call.request.body as unknown };
  const key = keyClaimOf(call, 'POST /v1/principals/:id/revocation', subject);
  const change = { ...authorOf(call, id, 'revoked', why), id, key, answerOf: answerOk };
  reply(gateway, call, 'revoked', await revokePrincipal(gateway.database, change));
}

/** Who does this to whom, and why. Throws `forbidden` where they may not. */
export function authorOf(
  { principal }: Call,
  subjectId: string,
  act: PrincipalAct,
  why: string,
): Author {
  const verdict = mayManage(principal.id, subjectId, act);
  if (!verdict.canManage) throw new BelayError('forbidden', { detail: verdict.why });
  return { tenantId: principal.tenantId, by: principal.id, reason: why };
}

const answer = (status: number, record: PrincipalRecord): KeptAnswer => ({
  status,
  body: JSON.stringify(principalView(record)),
});
const answerOk = (record: PrincipalRecord): KeptAnswer => answer(200, record);

function reply(
  gateway: GatewayDependencies,
  call: Call,
  act: PrincipalAct,
  answered: Answered<PrincipalRecord>,
): void {
  if (answered.made !== null) tell(gateway, call, act, answered.made);
  sendAnswered(call.response, answered);
}

/** Says to whoever watches the log that rights have changed: louder where people who approve did. */
export function tell(
  { log }: GatewayDependencies,
  { principal, response }: Call,
  act: PrincipalAct,
  { id, roles: held }: PrincipalRecord,
): void {
  const { requestId } = response.locals;
  const fields = { requestId, principal: principal.id, subject: id, code: act };
  if (held.includes('approver')) log.warn('An approver was changed, or given a key', fields);
  else log.info('A principal was changed', fields);
}
