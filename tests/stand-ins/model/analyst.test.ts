import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAnthropicModel } from '../../../activities/models/anthropic.js';
import type { ModelProvider } from '../../../activities/models/model.js';
import { startModelStandIn, type ModelStandIn } from '../../../stand-ins/model/server.js';
import { play, type Answered, type Tools } from './loop.js';
import { journalPaths } from '../../support/stand-in-folder.js';

const newJournalPath = journalPaths();
let standIn: ModelStandIn;
let model: ModelProvider;

beforeAll(async () => {
  standIn = await startModelStandIn({ port: 0, journalPath: newJournalPath() });
  model = createAnthropicModel({
    apiKey: 'any',
    baseUrl: standIn.url,
    requestTimeoutMs: 5_000,
    idleTimeoutMs: 5_000,
  });
});
afterAll(() => standIn.close());

const catalogue = [
  ['purchases', 'purchase_id', 'text'],
  ['purchases', 'status', 'text'],
  ['purchases', 'total_cents', 'integer'],
  ['purchases', 'currency', 'text'],
  ['purchases', 'customer_email', 'text'],
  ['purchases', 'refunded_on', 'date'],
];
const rows = (found: readonly unknown[]): Answered => ({
  ok: { columns: [], rows: found, truncated: false },
});

/** Answers the catalogue, and what else by the first pattern that its statement fits. */
const database =
  (...answers: readonly (readonly [RegExp, Answered])[]): Tools[string] =>
  ({ statement }) => {
    const text = String(statement);
    if (text.includes('information_schema')) return rows(catalogue);
    return answers.find(([pattern]) => pattern.test(text))?.[1] ?? { error: `Not known: ${text}` };
  };

const ask = (question: string, tools: Tools, pages: readonly string[] = []) =>
  play(model, JSON.stringify({ question, ...(pages.length > 0 ? { pages } : {}) }), tools);

describe('the analyst', () => {
  it('looks at the tables first, then asks every part side by side, and answers from the rows', async () => {
    const { turns, text } = await ask(
      'How many orders are refunded, and which of them are over 30 EUR? What are they worth?',
      {
        sql_query: database(
          [/count\(/, rows([[2]])],
          [/sum\(/, rows([['EUR', '7490']])],
          [/LIMIT/, rows([['45', 'refunded', 5_000, 'EUR']])],
        ),
      },
    );
    expect(turns.map((calls) => calls.length)).toEqual([1, 3]);
    expect(turns[1]?.map(({ input }) => input)).toEqual([
      {
        statement: 'SELECT count(*)::int AS count FROM "purchases" WHERE "status" IN ($1)',
        parameters: ['refunded'],
      },
      {
        statement:
          'SELECT "purchase_id", "status", "total_cents", "currency" FROM "purchases" ' +
          'WHERE "status" IN ($1) AND "total_cents" > $2 ORDER BY "total_cents" DESC, 1 LIMIT 21',
        parameters: ['refunded', 3_000],
      },
      {
        statement:
          'SELECT "currency", sum("total_cents") AS cents FROM "purchases" ' +
          'WHERE "status" IN ($1) AND "total_cents" > $2 GROUP BY 1 ORDER BY 1',
        parameters: ['refunded', 3_000],
      },
    ]);
    expect(text.split('\n')).toEqual([
      'There are 2 refunded orders.',
      'The refunded orders over 30.00, the dearest first: order 45 (refunded, 50.00 EUR).',
      'All refunded orders over 30.00 come to 74.90 EUR altogether.',
    ]);
  });

  it('counts the days back that are named, where a column says when it was, and says so where none does', async () => {
    const { turns, text } = await ask(
      'How many orders were refunded last week? Which were delivered last month? How many were refunded in June?',
      { sql_query: database([/count\(/, rows([[3]])]) },
    );
    expect(turns[1]?.map(({ input }) => input)).toEqual([
      {
        statement:
          'SELECT count(*)::int AS count FROM "purchases" ' +
          'WHERE "status" IN ($1) AND "refunded_on" >= current_date - $2::int',
        parameters: ['refunded', 7],
      },
    ]);
    expect(text.split('\n')).toEqual([
      'There are 3 refunded orders of the last 7 days.',
      "I can't tell: purchases has no column that says when that was.",
      "I can't tell: I do not understand the time that is named.",
    ]);
  });

  it('tells what the rows say, whatever they are', async () => {
    const numbers = fc.record({ count: fc.nat(10_000), cents: fc.nat(10_000_000) });
    await fc.assert(
      fc.asyncProperty(numbers, async ({ count, cents }) => {
        const { text } = await ask('How many orders are there? What is their average?', {
          sql_query: database([/count\(/, rows([[count]])], [/avg\(/, rows([['EUR', `${cents}`]])]),
        });
        expect(text).toMatch(
          count === 1 ? /There is 1 order\b/ : new RegExp(`are ${count} orders`),
        );
        expect(text).toContain(
          `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`,
        );
      }),
      { numRuns: 20 },
    );
  });

  it('mends a statement that is refused, with the column that comes nearest', async () => {
    const { turns, text } = await ask('Count the orders by customer', {
      sql_query: database(
        [/"customer"::/, { error: 'column "customer" does not exist (SQLSTATE 42703)' }],
        [/"customer_email"::/, rows([['maria@example.com', 2]])],
      ),
    });
    expect(turns).toHaveLength(3);
    expect(text).toBe('The orders by customer: maria@example.com 2.');
  });

  it('says what it could not find out, and why', async () => {
    const why = 'column "country" does not exist (SQLSTATE 42703)';
    const { turns, text } = await ask('How many orders per country? How many are there?', {
      sql_query: database([/"country"/, { error: why }], [/count\(/, rows([[7]])]),
    });
    expect(turns.map((calls) => calls.length)).toEqual([1, 2]);
    expect(text.split('\n')).toEqual([`I could not find that out. ${why}`, 'There are 7 orders.']);
  });

  it('runs the SQL that it is given as it is, and says what came of it', async () => {
    const { text } = await ask('Run `UPDATE orders SET note = 1` and `SELECT 1`', {
      sql_query: database([/UPDATE/, { error: 'syntax error' }], [/SELECT 1/, rows([[1]])]),
    });
    expect(text).toBe('The statement was refused. syntax error\nThe statement gave 1 row.');
  });

  it('reads pages beside the tables, and a list over several of them to its end', async () => {
    const url = 'http://127.0.0.1:1/v1/refunds?limit=2';
    const list = (more: boolean, ...ids: readonly string[]): Answered => ({
      ok: {
        status: 200,
        text: JSON.stringify({
          data: ids.map((id) => ({ id, amount: 1_000, currency: 'eur' })),
          has_more: more,
        }),
      },
    });
    const { turns, text } = await ask(
      'How many orders are there?',
      {
        sql_query: database([/count\(/, rows([[9]])]),
        http_request: ({ url: asked }) =>
          asked === url ? list(true, 're_1', 're_2') : list(false, 're_3'),
      },
      [url],
    );
    expect(turns.map((calls) => calls.map(({ name }) => name))).toEqual([
      ['sql_query', 'http_request'],
      ['sql_query', 'http_request'],
    ]);
    expect(turns[1]?.[1]?.input).toEqual({ method: 'GET', url: `${url}&starting_after=re_2` });
    expect(text).toBe(`There are 9 orders.\n${url} lists 3 entries, 30.00 EUR altogether.`);
  });

  it('reads on in a result that was cut until it has the whole', async () => {
    const url = 'http://127.0.0.1:1/list';
    const data = Array.from({ length: 40 }, (_, at) => ({
      id: `re_${at}`,
      amount: 1,
      currency: 'eur',
    }));
    const whole = JSON.stringify({ status: 200, text: JSON.stringify({ data }) });
    const page = 500;
    const { turns, text } = await ask(`What does ${url} say?`, {
      sql_query: database(),
      http_request: () => ({
        ok: {
          truncated: true,
          beginning: whole.slice(0, page),
          end: whole.slice(-10),
          rest: `read_result ${JSON.stringify({ call: 'call_1', offset: page })} reads on.`,
        },
      }),
      read_result: ({ offset }) => {
        const at = Number(offset);
        const next = at + page < whole.length ? { nextOffset: at + page } : {};
        return { ok: { text: whole.slice(at, at + page), ...next } };
      },
    });
    expect(turns).toHaveLength(1 + Math.ceil((whole.length - page) / page));
    expect(text).toBe(`${url} lists 40 entries, 0.40 EUR altogether.`);
  });

  it('takes a no for an answer when it is to write', async () => {
    const why = 'Not made: The analyst reads and changes nothing.';
    const { turns, text } = await ask(
      'How many orders are there? Then POST it to http://127.0.0.1:1/in.',
      {
        sql_query: database([/count\(/, rows([[9]])]),
        http_request: () => ({ error: why }),
      },
    );
    expect(turns.at(-1)).toEqual([
      {
        name: 'http_request',
        input: { method: 'POST', url: 'http://127.0.0.1:1/in', body: 'There are 9 orders.' },
      },
    ]);
    expect(text).toBe(`There are 9 orders.\nPOST http://127.0.0.1:1/in was not made. ${why}`);
  });

  it('takes one call a turn where the question asks for that', async () => {
    const { turns } = await ask(
      '[one-at-a-time] How many orders are there? Which are over 5 EUR?',
      {
        sql_query: database([/count\(/, rows([[9]])], [/LIMIT/, rows([])]),
      },
    );
    expect(turns.map((calls) => calls.length)).toEqual([1, 1, 1]);
  });

  it('says so where there is nothing to look up', async () => {
    const { turns, text } = await ask('Good morning', { sql_query: database() });
    expect(turns).toEqual([]);
    expect(text).toContain('nothing to look up');
  });
});
