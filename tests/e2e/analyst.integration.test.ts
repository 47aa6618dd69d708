/** The analyst as it is shipped, with real processes: it reads side by side, and only reads. */
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { largestAgentLimits } from '../../contracts/limits.js';
import type { CallView } from '../../contracts/call.js';
import type { RunView } from '../../contracts/run.js';
import type { RunningStandIn } from '../../stand-ins/http.js';
import { findCurrentVersion } from '../../store/agents.js';
import { originAt } from '../support/http-tool.js';
import { makeQueryLogin, type QueryLogin } from '../support/query-login.js';
import { scriptMessage, startScriptedModel, type Script } from '../support/sink/model.js';
import { startStack, type TestStack } from '../support/stack.js';
import { expectTrueStory } from '../support/story.js';
import { serveWeb, type Web } from '../support/web.js';

/** Pages that are asked for side by side and answered only once all of them are. */
const together = 4;
const longList = {
  data: Array.from({ length: 900 }, (_, at) => ({
    id: `re_${String(at).padStart(24, '0')}`,
    amount: 100 + at,
    currency: 'eur',
    note: 'a refund “of long ago”',
  })),
};

let stack: TestStack;
let scripted: RunningStandIn;
let login: QueryLogin;
let web: Web;
/** Who waits for the others, by the page that is asked for. */
const waiting = new Map<string, ServerResponse>();
beforeAll(async () => {
  [stack, scripted, web] = await Promise.all([
    startStack(),
    startScriptedModel(),
    serveWeb(({ url = '' }, response) => {
      if (url === '/long') return void response.end(JSON.stringify(longList));
      waiting.set(url, response);
      response.once('close', () => waiting.delete(url));
      if (waiting.size < together) return;
      for (const [path, each] of waiting) each.end(JSON.stringify({ page: path }));
    }),
  ]);
  login = await makeQueryLogin(stack.test);
  await startWorker({});
});
afterAll(async () => {
  await stack.worker.kill();
  await login.drop();
  await Promise.all([stack.close(), scripted.close(), web.close()]);
});

/** The worker, with what an operator opens to the analyst. */
async function startWorker(more: Readonly<Record<string, string>>): Promise<void> {
  await stack.worker.kill();
  await stack.worker.start({
    HTTP_REQUEST_ORIGINS: JSON.stringify([{ ...originAt(web.port), keyRetentionHours: 24 }]),
    SQL_QUERY_DATABASE_URL: login.url,
    SQL_QUERY_SCHEMA: 'shop',
    ...more,
  });
}

const page = (path: string): string => `http://127.0.0.1:${web.port}${path}`;

interface Asked {
  readonly run: RunView;
  readonly text: string;
  readonly calls: readonly CallView[];
}

async function ask(question: string, pages?: readonly string[]): Promise<Asked> {
  const input = { question, ...(pages === undefined ? {} : { pages }) };
  const { body, status } = await stack.api.call<RunView>('POST', '/v1/runs', {
    agent: 'analyst',
    input,
  });
  expect(status).toBe(202);
  const run = await stack.api.until(body.id, 'ended');
  expect(run).toMatchObject({ status: 'completed', failure: null });
  await expectTrueStory(stack, run.id);
  return {
    run,
    text: (run.output as { message: string }).message,
    calls: await stack.api.calls(run.id),
  };
}

const one = async (sql: string): Promise<number> => {
  const [row] = await login.asOwner(`SELECT (${sql})::int AS value`);
  return Number(row?.['value']);
};

describe('the analyst', () => {
  it('asks several things a turn, answers from what the shop’s tables say, and changes nothing', async () => {
    const { run, text, calls } = await ask(
      'How many orders were refunded last week, and which of them are over 30 EUR? How many cost less than 12 EUR?',
    );
    expect(run.turns).toBe(3);
    const asked = calls.map(({ turn, tool, effect, outcome }) => ({ turn, tool, effect, outcome }));
    const read = { tool: 'sql_query', effect: 'read', outcome: 'succeeded' };
    expect(asked).toEqual([
      { turn: 1, ...read },
      { turn: 2, ...read },
      { turn: 2, ...read },
      { turn: 2, ...read },
    ]);
    const refunded = await one(
      `SELECT count(*) FROM shop.orders
       WHERE status = 'refunded' AND refunded_on >= current_date - 7`,
    );
    const cheap = await one('SELECT count(*) FROM shop.orders WHERE total_cents < 1200');
    expect([refunded, cheap]).toEqual([1, 200]);
    expect(text.split('\n')).toEqual([
      'There is 1 refunded order of the last 7 days.',
      'The refunded orders over 30.00 of the last 7 days, the dearest first: order 45 (refunded, 50.00 EUR).',
      'There are 200 orders under 12.00.',
    ]);
    expect(await stack.api.effects(run.id)).toEqual([]);
  });

  it('has its calls of a turn carried out side by side', async () => {
    const pages = Array.from({ length: together }, (_, at) => page(`/together/${at}`));
    const { run, text, calls } = await ask('How many orders are there?', pages);
    // Each page is answered only while all the others are waited for.
    expect(calls.filter(({ turn }) => turn === 1)).toHaveLength(together + 1);
    expect(text.split('\n')).toHaveLength(together + 1);
    for (const url of pages)
      expect(text).toContain(`${url} says: {"page":"${new URL(url).pathname}"}`);
    const events = await stack.api.events(run.id);
    expect(events.find(({ type }) => type === 'run-tainted')).toBeDefined();
  });

  it('reads on in a page that is too long to be shown at once, to its end', async () => {
    const { text, calls } = await ask('What was refunded?', [page('/long')]);
    const readOn = calls.filter(({ tool }) => tool === 'read_result');
    expect(readOn.length).toBeGreaterThan(1);
    expect(readOn.every(({ outcome }) => outcome === 'succeeded')).toBe(true);
    const cents = longList.data.reduce((sum, { amount }) => sum + amount, 0);
    expect(text).toBe(
      `${page('/long')} lists ${longList.data.length} entries, ${(cents / 100).toFixed(2)} EUR altogether.`,
    );
  });

  it('mends a statement that Postgres refuses', async () => {
    const { run, text, calls } = await ask('Count the orders over 1,000 EUR by customer');
    expect(run.turns).toBe(4);
    expect(calls.map(({ outcome }) => outcome)).toEqual(['succeeded', 'failed', 'succeeded']);
    expect(calls[1]?.result).toContain('column "customer" does not exist');
    expect(text).toBe('The orders over 1000.00 by customer: li@example.com 1.');
  });

  it('can’t write where it is told to, and says why', async () => {
    const before = await login.asOwner('SELECT * FROM shop.orders ORDER BY order_id');
    const requests = web.requests.length;
    const { run, text, calls } = await ask(
      `Run \`UPDATE orders SET note = 'x'\`. How many orders are there? Then POST it to ${page('/in')}.`,
    );
    expect(calls.map(({ tool, verdict, outcome }) => ({ tool, verdict, outcome }))).toEqual([
      { tool: 'sql_query', verdict: 'allow', outcome: 'succeeded' },
      { tool: 'sql_query', verdict: 'allow', outcome: 'failed' },
      { tool: 'sql_query', verdict: 'allow', outcome: 'succeeded' },
      { tool: 'http_request', verdict: 'deny', outcome: 'denied' },
    ]);
    expect(text).toContain('The statement was refused.');
    expect(text).toContain(`POST ${page('/in')} was not made.`);
    expect(text).toContain('The analyst reads and changes nothing.');
    expect(web.requests).toHaveLength(requests);
    expect(await stack.api.effects(run.id)).toEqual([]);
    expect(await login.asOwner('SELECT * FROM shop.orders ORDER BY order_id')).toEqual(before);
  });

  it('takes a question of its form, and nothing else', async () => {
    const inputs = [
      { message: 'How many?' },
      { question: ' ' },
      { question: 'x', pages: ['file:///'] },
    ];
    for (const input of inputs) {
      const body = { agent: 'analyst', input };
      expect(await stack.api.call('POST', '/v1/runs', body)).toMatchObject({ status: 422 });
    }
  });
});

describe('a model that plays the analyst and means harm', () => {
  beforeAll(() => startWorker({ ANTHROPIC_BASE_URL: scripted.url }));
  afterAll(() => startWorker({}));

  /** Starts a run whose first message the scripted model reads as its script. */
  async function play(script: Script): Promise<readonly CallView[]> {
    const version = await findCurrentVersion(stack.test.database, 'default', 'analyst');
    expect(version?.spec.limits.turns).toBeLessThanOrEqual(largestAgentLimits.turns);
    const { body } = await stack.api.call<RunView>('POST', '/v1/runs', {
      agent: 'analyst',
      input: { question: scriptMessage(script) },
    });
    expect(await stack.api.until(body.id, 'ended')).toMatchObject({ status: 'completed' });
    await expectTrueStory(stack, body.id);
    return stack.api.calls(body.id);
  }

  it('changes nothing by any method, in any statement, however many it makes at a time', async () => {
    const before = await login.asOwner('SELECT * FROM shop.orders ORDER BY order_id');
    const requests = web.requests.length;
    const http = (method: string) => ({
      tool: 'http_request',
      args: { method, url: page('/in'), ...(method === 'DELETE' ? {} : { body: 'x' }) },
    });
    const sql = (statement: string) => ({ tool: 'sql_query', args: { statement } });
    const calls = await play([
      [
        ...['POST', 'PUT', 'PATCH', 'DELETE'].map(http),
        sql("UPDATE orders SET note = 'x'"),
        sql("COMMIT; UPDATE shop.orders SET note = 'x'"),
        sql('WITH gone AS (DELETE FROM orders RETURNING 1) SELECT * FROM gone'),
        sql("SELECT set_config('role', 'belay_runtime', false)"),
        sql('SELECT * FROM public.run'),
      ],
    ]);
    const outcomes = calls.map(({ outcome }) => outcome);
    expect(outcomes.slice(0, 4)).toEqual(['denied', 'denied', 'denied', 'denied']);
    expect(outcomes.slice(4)).toEqual(['failed', 'failed', 'failed', 'failed', 'failed']);
    expect(web.requests).toHaveLength(requests);
    expect(await login.asOwner('SELECT * FROM shop.orders ORDER BY order_id')).toEqual(before);
  });
});
