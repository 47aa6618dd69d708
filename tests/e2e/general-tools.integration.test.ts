/** An agent with both general tools, with real processes: what is open is reached, and nothing else. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSqlQuery } from '../../activities/tools/sql-query.js';
import type { Tool } from '../../activities/tool.js';
import type { RunView } from '../../contracts/run.js';
import { invariant } from '../../runtime/belay-error.js';
import type { RunningStandIn } from '../../stand-ins/http.js';
import { toolSpecOf } from '../../worker/load-agents.js';
import { registerDesk } from '../support/agents.js';
import { originAt, secret, toolAt } from '../support/http-tool.js';
import { makeQueryLogin, type QueryLogin } from '../support/query-login.js';
import { scriptMessage, startScriptedModel, type Script } from '../support/sink/model.js';
import { startStack, type TestStack } from '../support/stack.js';
import { serveWeb, type Web } from '../support/web.js';

const agent = 'web-desk';

let stack: TestStack;
let model: RunningStandIn;
let login: QueryLogin;
/** An origin that is open, and one whose private address is not. */
let open: Web;
let closed: Web;
let workerPid: number;
beforeAll(async () => {
  const answering = serveWeb((_request, response) => response.end('{"stock":7}'));
  [stack, model, open, closed] = await Promise.all([
    startStack(),
    startScriptedModel(),
    answering,
    serveWeb((_request, response) => response.end('secret')),
  ]);
  login = await makeQueryLogin(stack.test);
  const origins = [originAt(open.port), originAt(closed.port, { allowPrivate: false })];
  await stack.worker.kill();
  await stack.worker.start({
    ANTHROPIC_BASE_URL: model.url,
    HTTP_REQUEST_ORIGINS: JSON.stringify(
      origins.map((origin) => ({ ...origin, keyRetentionHours: 24 })),
    ),
    SQL_QUERY_DATABASE_URL: login.url,
    SQL_QUERY_SCHEMA: 'shop',
  });
  workerPid = stack.worker.pid;
  const tools = [toolAt(origins), createSqlQuery(null)] as readonly unknown[] as readonly Tool[];
  await registerDesk(stack.test.database, agent, ({ policy: [first] }) => {
    invariant(first !== undefined, 'the refund desk has a policy');
    const freely = {
      id: 'freely',
      when: 'true',
      decision: 'allow',
      reason: 'Asks nobody.',
      // Where people are asked all the same.
      approvers: [],
      quorum: 1,
      requesterMayDecide: true,
    } as const;
    return { tools: tools.map(toolSpecOf), policy: [{ ...first, ...freely }] };
  });
});
afterAll(async () => {
  await stack.worker.kill();
  await login.drop();
  await Promise.all([stack.close(), model.close(), open.close(), closed.close()]);
});

const start = (script: Script): Promise<RunView> =>
  stack.api.start(scriptMessage(script), {}, agent);

async function untilDone(id: string): Promise<RunView> {
  const ended = await stack.api.until(id, 'ended');
  expect(ended).toMatchObject({ status: 'completed', failure: null });
  return ended;
}

const http = (web: Web, method: string, path: string, more = {}) => ({
  tool: 'http_request',
  args: { method, url: `http://127.0.0.1:${web.port}${path}`, ...more },
});
const sql = (statement: string, parameters: readonly string[] = []) => ({
  tool: 'sql_query',
  args: { statement, parameters },
});

const noteOf42 = async (): Promise<unknown> => {
  const [row] = await login.asOwner(`SELECT note FROM shop.orders WHERE order_id = '42'`);
  return row?.['note'];
};

describe('an agent that has both general tools', () => {
  it('asks the origin and the schema that are open, and sends an effect under its own key once a person has looked at it', async () => {
    const body = '{"order":"42"}';
    const { id } = await start([
      [
        http(open, 'GET', '/stock/42'),
        sql('SELECT total_cents FROM orders WHERE order_id = $1', ['42']),
      ],
      [http(open, 'POST', '/reservations', { body })],
    ]);
    // Its rule asks nobody; but what the origin answered was written by strangers.
    const [question] = await stack.api.untilAsked(id);
    expect(question).toMatchObject({
      rule: 'freely',
      reason: expect.stringContaining('what strangers wrote'),
    });
    expect(open.requests.map(({ method }) => method)).toEqual(['GET']);
    expect(await stack.api.decide(question!, 'approve')).toMatchObject({ status: 200 });
    await untilDone(id);
    const calls = await stack.api.calls(id);
    expect(calls.map(({ effect, outcome, result }) => ({ effect, outcome, result }))).toMatchObject(
      [
        { effect: 'read', outcome: 'succeeded', result: { status: 200, text: '{"stock":7}' } },
        { effect: 'read', outcome: 'succeeded', result: { rows: [[18_000]], truncated: false } },
        { effect: 'keyed', outcome: 'succeeded', result: { status: 200 } },
      ],
    );
    const [effect] = await stack.api.effects(id);
    expect(effect).toMatchObject({ class: 'keyed', state: 'confirmed', attempts: 1 });
    const authorization = `Bearer ${secret}`;
    expect(open.requests).toMatchObject([
      { method: 'GET', path: '/stock/42', headers: { authorization } },
      {
        method: 'POST',
        path: '/reservations',
        headers: { authorization, 'idempotency-key': effect!.key },
        body,
      },
    ]);
  });

  it('is refused a private address and a way out of reading, and its worker goes on', async () => {
    const note = await noteOf42();
    const { id } = await start([
      [
        http(closed, 'GET', '/latest/meta-data'),
        sql("COMMIT; UPDATE shop.orders SET note = 'out'"),
        sql("UPDATE orders SET note = 'out'"),
      ],
      [sql('SELECT note FROM orders WHERE order_id = $1', ['42'])],
    ]);
    await untilDone(id);
    const [address, breakOut, write, read] = await stack.api.calls(id);
    expect(address).toMatchObject({
      outcome: 'failed',
      result: `http://127.0.0.1:${closed.port} is not at a public address.`,
    });
    expect([breakOut, write]).toMatchObject([
      { outcome: 'failed', result: expect.stringContaining('syntax error') },
      { outcome: 'failed', result: expect.stringContaining('syntax error') },
    ]);
    expect(read).toMatchObject({ outcome: 'succeeded', result: { rows: [[note]] } });
    expect(closed.connections()).toBe(0);
    expect(await noteOf42()).toBe(note);
    expect(stack.worker).toMatchObject({ running: true, pid: workerPid });
    const sessions = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE usename = '${login.name}'`;
    expect(await login.asOwner(sessions)).toEqual([{ count: 0 }]);
  });
});
