/** Every route against every principal of the demo: the table of routes decides, and nothing else. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { permissions, roles, type Permission, type Role } from '../../contracts/principal.js';
import { openLocalStack } from '../../server/local-stack.js';
import { routesOf } from '../../server/routes/table.js';
import { openGateway, type TestGateway } from './gateway.js';

/** The file of a stack that has stopped: its routes exist, and there is nothing to kill. */
const localStack = openLocalStack('/nowhere/stack.json');
const routes = routesOf({ localStack });

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway({ localStack });
});
afterAll(() => gateway.close());

/** One person of the demo for each role. */
const holders: Readonly<Record<Role, string>> = {
  viewer: 'vera',
  operator: 'otto',
  approver: 'ana',
  admin: 'adam',
  auditor: 'audrey',
};

const addressOf = (path: string): string =>
  path
    .replace('/runs/:id', '/runs/run_00000000-0000-7000-8000-000000000000')
    .replace('/approvals/:id', '/approvals/apr_00000000-0000-7000-8000-000000000000')
    .replace(':key', 'A'.repeat(43))
    .replace(':name', 'nobody')
    .replace('/local/refunds', `/local/refunds?effectKey=${'A'.repeat(43)}`);

const isAllowed = (role: Role, permission: Permission): boolean =>
  (permissions[permission] as readonly Role[]).includes(role);

type Problem = { readonly code?: string };
const matrix = routes.flatMap((route) =>
  roles.map((role) => [role, route.method.toUpperCase(), route.path, route.permission] as const),
);

test.each(matrix)('%s: %s %s', async (role, method, path, permission) => {
  const api = gateway.as(holders[role]);
  const body = method === 'GET' ? undefined : {};
  const answer = await api.call<Problem>(method, addressOf(path), body);
  // Whoever may gets as far as the thing itself, which is not there or not meant.
  if (isAllowed(role, permission)) expect([200, 404, 409, 422]).toContain(answer.status);
  else expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
});

describe.each(routes.map((route) => [route.method.toUpperCase(), route.path] as const))(
  '%s %s',
  (method, path) => {
    test('is refused to a stranger before anything is read', async () => {
      const headers = { authorization: `Bearer belay_00000000_${'A'.repeat(43)}` };
      const body = method === 'GET' ? undefined : { huge: 'x'.repeat(100_000) };
      const answer = await gateway.local.call<Problem>(method, addressOf(path), body, headers);
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
    });
  },
);

test('a revoked key is nobody', async () => {
  const cleo = gateway.as('cleo');
  expect((await cleo.call('GET', '/v1/runs')).status).toBe(200);
  await gateway.test.database.pool.query(
    `UPDATE api_key SET revoked_at = clock_timestamp() WHERE principal_id = 'cleo'`,
  );
  expect((await cleo.call('GET', '/v1/runs')).status).toBe(401);
});

test('a key with another secret is nobody, although there is one of its name', async () => {
  const [, id] = (gateway.test.principals['otto'] ?? '').split('_');
  const headers = { authorization: `Bearer belay_${id}_${'A'.repeat(43)}` };
  expect((await gateway.local.call('GET', '/v1/runs', undefined, headers)).status).toBe(401);
});
