/** Every route against every role: the table of routes decides, and nothing is mounted beside it. */
import type { Express } from 'express';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { permissions, roles, type Role } from '../../contracts/principal.js';
import { openLocalStack } from '../../server/local-stack.js';
import { openRoutes, routesOf } from '../../server/routes/table.js';
import { openGateway, type TestGateway } from './gateway.js';
import { whoMay } from './who-may.js';

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
    .replace('/grants/:id', '/grants/grt_00000000-0000-7000-8000-000000000000')
    .replace(':key', 'A'.repeat(43))
    .replace(':name', 'nobody')
    .replace('/principals/:id', '/principals/nobody')
    .replace('/keys/:id', '/keys/00000000')
    .replace('/local/refunds', `/local/refunds?effectKey=${'A'.repeat(43)}`);

type Problem = { readonly code?: string };
const nameOf = (route: { readonly method: string; readonly path: string }): string =>
  `${route.method.toUpperCase()} ${route.path}`;

describe('the table of routes', () => {
  test('says of every call what was promised, and of no other', () => {
    const table = routes.map(
      (route) => [nameOf(route), [...permissions[route.permission]]] as const,
    );
    expect(new Set(table.map(([name]) => name)).size).toBe(table.length);
    expect(Object.fromEntries(table)).toEqual(whoMay);
  });

  test('is all that answers: nothing is mounted beside it', () => {
    const named = [...routes.map(nameOf), ...openRoutes.map(({ path }) => `GET ${path}`)];
    expect(mounted(gateway.app).toSorted()).toEqual(named.toSorted());
  });
});

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

/** What the app answers by itself, without the refusals of other methods. */
function mounted(app: Express): readonly string[] {
  const { stack } = app.router as unknown as { readonly stack: readonly Layer[] };
  return stack.flatMap(({ route }) => {
    const [method, ...more] = Object.keys(route?.methods ?? {});
    if (route === undefined || method === undefined || more.length > 0) return [];
    return [nameOf({ method, path: route.path })];
  });
}

const matrix = Object.entries(whoMay).flatMap(([name, allowed]) => {
  const [method = '', path = ''] = name.split(' ');
  return roles.map((role) => [role, method, path, allowed.includes(role)] as const);
});

test.each(matrix)('%s: %s %s', async (role, method, path, isAllowed) => {
  const api = gateway.as(holders[role]);
  const body = method === 'GET' ? undefined : {};
  const answer = await api.call<Problem>(method, addressOf(path), body);
  // Whoever may gets as far as the thing itself, which is not there or not meant.
  if (isAllowed) expect([200, 404, 409, 422]).toContain(answer.status);
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
