/** The map: every call of the API, what it needs, and who answers it (DESIGN §11). */
import type { Response } from 'express';
import type { Permission } from '../../contracts/principal.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { getAgent, getAgents } from './agents.js';
import { decideApproval, getApproval, getApprovals, withdrawApproval } from './approvals.js';
import { getEffect, getParked, postResolution } from './effects.js';
import { getEvents } from './events.js';
import {
  getGrant,
  getGrants,
  getGrantUses,
  postGrant,
  postGrantRevocation,
  postGrantVote,
} from './grants.js';
import { getLivez, getReadyz } from './health.js';
import { getSwitches, postLift, postSwitch } from './kill-switches.js';
import { getOutbox, postRetry } from './outbox.js';
import { getKeys, postKey, postKeyRevocation } from './keys.js';
import { localRoutes } from './local.js';
import { simulatePolicy } from './policies.js';
import { getMe } from './me.js';
import {
  getPrincipal,
  getPrincipalChanges,
  getPrincipals,
  postPrincipal,
  postPrincipalChange,
  postPrincipalRevocation,
} from './principals.js';
import { getProblemDocs } from './problem-docs.js';
import { getCalls, getEffects, getTurns } from './run-parts.js';
import { cancelRun, getRun, getRuns, unwindRun } from './runs.js';
import { startRun } from './start-run.js';

export interface Route {
  /** Nothing is ever changed by a GET. */
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly permission: Permission;
  readonly handle: (gateway: GatewayDependencies, call: Call) => Promise<void>;
}

const get = (path: string, permission: Permission, handle: Route['handle']): Route => ({
  method: 'get',
  path,
  permission,
  handle,
});
const post = (path: string, permission: Permission, handle: Route['handle']): Route => ({
  method: 'post',
  path,
  permission,
  handle,
});

const routes: readonly Route[] = [
  post('/v1/runs', 'runs:start', startRun),
  get('/v1/runs', 'runs:read', getRuns),
  get('/v1/runs/:id', 'runs:read', getRun),
  get('/v1/runs/:id/events', 'runs:read', getEvents),
  get('/v1/runs/:id/turns', 'runs:read', getTurns),
  get('/v1/runs/:id/calls', 'runs:read', getCalls),
  get('/v1/runs/:id/effects', 'runs:read', getEffects),
  post('/v1/runs/:id/cancel', 'runs:cancel', cancelRun),
  post('/v1/runs/:id/unwind', 'runs:unwind', unwindRun),
  get('/v1/approvals', 'runs:read', getApprovals),
  get('/v1/approvals/:id', 'runs:read', getApproval),
  post('/v1/approvals/:id/decisions', 'approvals:decide', decideApproval),
  post('/v1/approvals/:id/withdrawal', 'approvals:decide', withdrawApproval),
  get('/v1/grants', 'grants:read', getGrants),
  post('/v1/grants', 'grants:vote', postGrant),
  get('/v1/grants/:id', 'grants:read', getGrant),
  get('/v1/grants/:id/uses', 'grants:read', getGrantUses),
  post('/v1/grants/:id/votes', 'grants:vote', postGrantVote),
  post('/v1/grants/:id/revocation', 'grants:revoke', postGrantRevocation),
  get('/v1/effects', 'runs:read', getParked),
  get('/v1/effects/:key', 'runs:read', getEffect),
  post('/v1/effects/:key/resolutions', 'effects:resolve', postResolution),
  get('/v1/kill-switches', 'switches:read', getSwitches),
  post('/v1/kill-switches', 'switches:set', postSwitch),
  post('/v1/kill-switches/:id/lifts', 'switches:set', postLift),
  get('/v1/outbox', 'outbox:read', getOutbox),
  post('/v1/outbox/:id/retries', 'outbox:retry', postRetry),
  post('/v1/policies/simulate', 'policies:simulate', simulatePolicy),
  get('/v1/agents', 'agents:read', getAgents),
  get('/v1/agents/:name', 'agents:read', getAgent),
  get('/v1/me', 'me:read', getMe),
  get('/v1/principals', 'principals:read', getPrincipals),
  post('/v1/principals', 'principals:manage', postPrincipal),
  get('/v1/principals/:id', 'principals:read', getPrincipal),
  get('/v1/principals/:id/changes', 'principals:read', getPrincipalChanges),
  post('/v1/principals/:id/changes', 'principals:manage', postPrincipalChange),
  post('/v1/principals/:id/revocation', 'principals:manage', postPrincipalRevocation),
  get('/v1/principals/:id/keys', 'principals:read', getKeys),
  post('/v1/principals/:id/keys', 'principals:manage', postKey),
  post('/v1/keys/:id/revocation', 'principals:manage', postKeyRevocation),
];

/** The calls that this gateway answers: those of a local stack exist only in one. */
export const routesOf = ({ localStack }: Pick<GatewayDependencies, 'localStack'>) =>
  localStack === null ? routes : [...routes, ...localRoutes(localStack)];

/** What anyone may ask. */
export const openRoutes: readonly {
  readonly path: string;
  readonly handle: (gateway: GatewayDependencies, response: Response) => Promise<void> | void;
}[] = [
  { path: '/livez', handle: getLivez },
  { path: '/readyz', handle: getReadyz },
  { path: '/docs/problems', handle: getProblemDocs },
];
