/**
 * Who may call what, written down a second time and by hand: the table of routes is what the gateway
 * obeys, this is what people were promised. A route that is not here fails the tests.
 */
import type { Role } from '../../contracts/principal.js';

const everyone: readonly Role[] = ['viewer', 'operator', 'approver', 'admin', 'auditor'];
const operators: readonly Role[] = ['operator'];
const watchers: readonly Role[] = ['admin', 'auditor'];
const admins: readonly Role[] = ['admin'];

export const whoMay: Readonly<Record<string, readonly Role[]>> = {
  'POST /v1/runs': operators,
  'GET /v1/runs': everyone,
  'GET /v1/runs/:id': everyone,
  'GET /v1/runs/:id/events': everyone,
  'GET /v1/runs/:id/calls': everyone,
  'GET /v1/runs/:id/effects': everyone,
  'GET /v1/runs/:id/turns': everyone,
  'POST /v1/runs/:id/cancel': operators,
  'POST /v1/runs/:id/unwind': operators,
  'GET /v1/approvals': everyone,
  'GET /v1/approvals/:id': everyone,
  'POST /v1/approvals/:id/decisions': ['approver'],
  'POST /v1/approvals/:id/withdrawal': ['approver'],
  'GET /v1/grants': everyone,
  'POST /v1/grants': ['approver'],
  'GET /v1/grants/:id': everyone,
  'GET /v1/grants/:id/uses': everyone,
  'POST /v1/grants/:id/votes': ['approver'],
  'POST /v1/grants/:id/revocation': ['approver', 'operator', 'admin'],
  'GET /v1/effects': everyone,
  'GET /v1/effects/:key': everyone,
  'POST /v1/effects/:key/resolutions': operators,
  'GET /v1/kill-switches': everyone,
  'POST /v1/kill-switches': ['operator', 'admin'],
  'POST /v1/kill-switches/:id/lifts': ['operator', 'admin'],
  'GET /v1/outbox': everyone,
  'POST /v1/outbox/:id/retries': ['operator', 'admin'],
  'POST /v1/policies/simulate': everyone,
  'GET /v1/agents': everyone,
  'GET /v1/agents/:name': everyone,
  'GET /v1/me': everyone,
  'GET /v1/principals': watchers,
  'POST /v1/principals': admins,
  'GET /v1/principals/:id': watchers,
  'GET /v1/principals/:id/changes': watchers,
  'POST /v1/principals/:id/changes': admins,
  'POST /v1/principals/:id/revocation': admins,
  'GET /v1/principals/:id/keys': watchers,
  'POST /v1/principals/:id/keys': admins,
  'POST /v1/keys/:id/revocation': admins,
  'GET /v1/local': everyone,
  'GET /v1/local/refunds': everyone,
  'POST /v1/local/worker/kills': operators,
};
