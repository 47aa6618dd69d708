import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAnthropicModel } from '../../../activities/models/anthropic.js';
import type { ModelProvider } from '../../../activities/models/model.js';
import { startModelStandIn, type ModelStandIn } from '../../../stand-ins/model/server.js';
import { play, requestWith, shopOrder, shopTools } from './loop.js';
import { journalPaths } from '../../support/stand-in-folder.js';

const newJournalPath = journalPaths();
let standIn: ModelStandIn;
let model: ModelProvider;

beforeAll(async () => {
  const journalPath = newJournalPath();
  standIn = await startModelStandIn({ port: 0, journalPath });
  model = createAnthropicModel({
    apiKey: 'any',
    baseUrl: standIn.url,
    requestTimeoutMs: 5_000,
    idleTimeoutMs: 5_000,
  });
});
afterAll(() => standIn.close());

const shop = [
  shopOrder('42', 18_000),
  shopOrder('43', 2_490),
  shopOrder('45', 9_900, { refundedCents: 9_900 }),
];

describe('the refund desk', () => {
  it('looks an order up, refunds its total and says so', async () => {
    const { turns, text, last } = await play(
      model,
      'Refund order 42, it arrived broken',
      shopTools(shop),
    );
    expect(turns).toEqual([
      [{ name: 'lookup_order', input: { orderId: '42' } }],
      [
        {
          name: 'issue_refund',
          input: { orderId: '42', amountCents: 18_000, currency: 'EUR', reason: 'arrived broken' },
        },
      ],
    ]);
    expect(text).toBe('Order 42: refunded 180.00 EUR (re_42).');
    expect(last.model).toBe('stand-in');
  });

  it('takes one call a turn where the message asks for that', async () => {
    const message = '[one-at-a-time] Refund orders 42 and 43';
    const { turns, text } = await play(model, message, shopTools(shop));
    expect(turns.map((calls) => calls.map(({ name, input }) => [name, input['orderId']]))).toEqual([
      [['lookup_order', '42']],
      [['lookup_order', '43']],
      [['issue_refund', '42']],
      [['issue_refund', '43']],
    ]);
    expect(text).toContain('Order 43: refunded 24.90 EUR');
  });

  it('sees to one order after the other where the message asks for that, and answers for a price', async () => {
    const message = '[in-order] [priced] Refund orders 42 and 43';
    const { turns, text, last } = await play(model, message, shopTools(shop));
    expect(turns.map((calls) => calls.map(({ name, input }) => [name, input['orderId']]))).toEqual([
      [['lookup_order', '42']],
      [['issue_refund', '42']],
      [['lookup_order', '43']],
      [['issue_refund', '43']],
    ]);
    expect(text).toBe('I have seen to orders 42 and 43.');
    expect(last.model).toBe('claude-sonnet-5-5');
  });

  it('makes a call again of which it is told that it was cut off', async () => {
    const cut = 'Not made: the answer was cut short before it was complete. Ask anew.';
    const tools = shopTools(shop);
    let refunds = 0;
    const { text } = await play(model, 'Refund order 42', {
      ...tools,
      issue_refund: (input) =>
        (refunds += 1) === 1 ? { error: cut } : tools['issue_refund']!(input),
    });
    expect(refunds).toBe(2);
    expect(text).toBe('Order 42: refunded 180.00 EUR (re_42).');
  });

  it('goes on in order after what it is told beside a summary that has no facts', async () => {
    const refund = '{"refundId":"re_42","orderId":"42","amountCents":18000,"currency":"EUR"}';
    const told = [
      'Summary:\nNothing that I remember.',
      `- call_1: issue_refund {"orderId":"42","amountCents":18000,"currency":"EUR"} → succeeded: ${refund}`,
      `- call_2: lookup_order {"orderId":"43"} → succeeded: ${JSON.stringify(shop[1])}`,
    ];
    const content = ['[in-order] Refund orders 42, 43 and 45', told.join('\n')];
    const messages = [
      { role: 'user' as const, content: content.map((text) => ({ type: 'text', text })) },
    ];
    const signal = AbortSignal.timeout(20_000);
    const turn = await model.complete(requestWith(messages), { signal });
    expect(turn.content.at(-1)).toMatchObject({ name: 'issue_refund', input: { orderId: '43' } });
  });

  it('takes several orders in parallel, lookups in one turn and refunds in the next', async () => {
    const { turns } = await play(model, 'money back for orders 42 and 43 please', shopTools(shop));
    expect(turns.map((calls) => calls.map(({ name }) => name))).toEqual([
      ['lookup_order', 'lookup_order'],
      ['issue_refund', 'issue_refund'],
    ]);
  });

  it('honours a part of an order', async () => {
    const text = 'Refund 10.50 EUR of order 42 and half of order 43';
    const { turns } = await play(model, text, shopTools(shop));
    expect(turns[1]?.map(({ input }) => input['amountCents'])).toEqual([1_050, 1_245]);
  });

  it.each([
    ['an order that was refunded before', 'Refund order 45', 'already refunded'],
    ['an order that is not there', 'Refund order 77', 'Order 77 not found.'],
    ['more than the order cost', 'Refund 500 EUR of order 42', 'more than the 180.00 EUR'],
    ['another currency', 'Refund 10 USD of order 42', 'paid in EUR'],
    ['a question', 'What is the status of order 42?', 'delivered'],
    ['no order', 'My lamp is broken', 'Which order'],
  ])('makes no refund for %s', async (_what, message, expected) => {
    const { turns, text } = await play(model, message, shopTools(shop));
    expect(turns.flat().map(({ name }) => name)).not.toContain('issue_refund');
    expect(text).toContain(expected);
  });

  it('repeats why a person rejected one refund, and reports the other one', async () => {
    const refuse = { 42: 'Not made: ana rejected it. Reason: customer kept the item' };
    const { turns, text } = await play(model, 'Refund 42 and 43', shopTools(shop, refuse));
    expect(text).toBe(
      'Order 42: no refund was made. Not made: ana rejected it. Reason: customer kept the item\n' +
        'Order 43: refunded 24.90 EUR (re_43).',
    );
    expect(turns).toHaveLength(2);
  });

  it('reports the amount that was refunded, where a person changed it', async () => {
    const tools = {
      ...shopTools(shop),
      issue_refund: () => ({
        ok: { refundId: 're_9', orderId: '42', amountCents: 9_000, currency: 'EUR' },
      }),
    };
    const { text } = await play(model, 'Refund order 42', tools);
    expect(text).toBe('Order 42: refunded 90.00 EUR (re_9).');
  });

  it('claims nothing when it cannot read what came of a refund', async () => {
    const tools = { ...shopTools(shop), issue_refund: () => ({ ok: 'ana is looking into it' }) };
    const { text } = await play(model, 'Refund order 42', tools);
    expect(text).toContain("I can't tell whether the refund was made.");
  });

  it.each([
    ['with the reference that was found', 're_7', ' (re_7)'],
    ['without one', null, ''],
  ])("takes a person's word for a refund, %s", async (_what, externalRef, shown) => {
    const message = 'Found in the dashboard.';
    const confirmed = { ok: { confirmedBy: 'local', message, externalRef } };
    const tools = { ...shopTools(shop), issue_refund: () => confirmed };
    const { turns, text } = await play(model, 'Refund order 43 and tell the customer', tools);
    expect(text).toBe(
      `Order 43: refunded 24.90 EUR${shown}, confirmed by local.\n` +
        'The customer was told (customer-43@example.com).',
    );
    expect(turns[2]?.[0]?.input['text']).toContain('We have refunded 24.90 EUR for your order 43.');
  });

  it('says what it cannot do when a tool is not offered', async () => {
    const { lookup_order: lookUp, issue_refund: refund } = shopTools(shop);
    const without = await play(model, 'Refund order 42', { send_email: () => ({ ok: {} }) });
    expect(without.text).toContain("I can't look up order 42 here");
    const noRefund = await play(model, 'Refund order 42', { lookup_order: lookUp! });
    expect(noRefund.text).toContain("I can't issue refunds here.");
    const noMail = await play(model, 'Refund order 42 and tell the customer', {
      lookup_order: lookUp!,
      issue_refund: refund!,
    });
    expect(noMail.text).toContain("I can't send mail here.");
  });
});

describe('the mail', () => {
  const mails = (turns: Awaited<ReturnType<typeof play>>['turns']) =>
    turns.flat().flatMap(({ name, input }) => (name === 'send_email' ? [input] : []));

  it('is sent once, after the refunds, to the customer of the order', async () => {
    const text = 'Refund order 42 and tell the customer';
    const { turns, text: answer } = await play(model, text, shopTools(shop));
    expect(turns).toHaveLength(3);
    expect(mails(turns)).toEqual([
      {
        to: 'customer-42@example.com',
        subject: 'Your order 42',
        text: 'Hello,\n\nWe have refunded 180.00 EUR for your order 42.\n\nKind regards',
      },
    ]);
    expect(answer).toContain('The customer was told (customer-42@example.com).');
  });

  it('goes to the address in the message', async () => {
    const text = 'Refund order 42 and let ana@example.com know';
    const { turns } = await play(model, text, shopTools(shop));
    expect(mails(turns).map(({ to }) => to)).toEqual(['ana@example.com']);
  });

  it('tells the customer nothing of what people said among themselves', async () => {
    const refuse = { 42: 'Not made: ana rejected it. Reason: known fraudster' };
    const text = 'Refund order 42 and tell the customer';
    const { turns } = await play(model, text, shopTools(shop, refuse));
    expect(JSON.stringify(mails(turns))).not.toContain('fraudster');
    expect(JSON.stringify(mails(turns))).toContain('have not made a refund');
  });

  it('never tells one customer about the order of another', async () => {
    const text = 'Refund orders 42 and 43 and tell the customers';
    const { turns } = await play(model, text, shopTools(shop));
    const mailOf = (orderId: string, amount: string) => ({
      to: `customer-${orderId}@example.com`,
      subject: `Your order ${orderId}`,
      text: `Hello,\n\nWe have refunded ${amount} for your order ${orderId}.\n\nKind regards`,
    });
    expect(mails(turns)).toEqual([mailOf('42', '180.00 EUR'), mailOf('43', '24.90 EUR')]);
  });

  it("is reported as sent on a person's word", async () => {
    const confirmed = { confirmedBy: 'ana', message: 'She has it.', externalRef: null };
    const tools = { ...shopTools(shop), send_email: () => ({ ok: confirmed }) };
    const { turns, text } = await play(model, 'Refund order 42 and tell the customer', tools);
    expect(turns).toHaveLength(3);
    expect(text).toContain('The customer was told (customer-42@example.com), confirmed by ana.');
  });

  it('is reported as not sent when it was refused', async () => {
    const tools = {
      ...shopTools(shop),
      send_email: () => ({ error: 'Not made: ben rejected it. Reason: call them' }),
    };
    const { text } = await play(model, 'Refund order 42 and tell the customer', tools);
    expect(text).toContain('No mail was sent to customer-42@example.com. Not made: ben rejected');
  });
});

describe('whatever is drawn', () => {
  const order = fc.record({
    id: fc.integer({ min: 1, max: 999_999 }).map(String),
    totalCents: fc.integer({ min: 1, max: 500_000 }),
    part: fc.option(fc.integer({ min: 1, max: 500_000 })),
    rejected: fc.boolean(),
  });
  const orders = fc.uniqueArray(order, { minLength: 1, maxLength: 5, selector: ({ id }) => id });
  const lead = fc.constantFrom('Refund', 'Please refund', 'Money back for', 'Reimburse', 'Return');
  const why = fc.constantFrom('', ', it arrived broken', ' because it never came in 2024', '!');
  const word = fc.constantFrom('order ', 'order #', 'order no. ', '#');

  it('refunds exactly what was asked of exactly the orders that were named', async () => {
    const property = fc.asyncProperty(orders, lead, word, why, fc.boolean(), async (...drawn) => {
      const [wanted, leadText, wordText, whyText, tells] = drawn;
      // "5 EUR of #1 and #2" could mean either, so beside a part the whole is spelled out.
      const whole = wanted.some(({ part }) => part !== null) ? 'all of ' : '';
      const named = wanted.map(({ id, totalCents, part }) =>
        part === null
          ? `${whole}${wordText}${id}`
          : `${(Math.min(part, totalCents) / 100).toFixed(2)} EUR of ${wordText}${id}`,
      );
      const mailText = tells ? '. Tell the customer.' : '';
      const message = `${leadText} ${named.join(' and ')}${whyText}${mailText}`;
      const rejected = wanted.filter((one) => one.rejected);
      const refuse = Object.fromEntries(
        rejected.map(({ id }) => [id, `Not made: ana rejected it. Reason: no. ${id}`]),
      );
      const tools = shopTools(
        wanted.map(({ id, totalCents }) => shopOrder(id, totalCents)),
        refuse,
      );
      const { turns, text } = await play(model, message, tools);
      expect(turns[0]?.map(({ input }) => input['orderId'])).toEqual(wanted.map(({ id }) => id));
      expect(turns[1]?.map(({ input }) => [input['orderId'], input['amountCents']])).toEqual(
        wanted.map(({ id, totalCents, part }) => [id, Math.min(part ?? totalCents, totalCents)]),
      );
      expect(turns).toHaveLength(tells ? 3 : 2);
      for (const { id } of rejected) {
        expect(text).toContain(
          `Order ${id}: no refund was made. Not made: ana rejected it. Reason: no. ${id}`,
        );
      }
      for (const { id } of wanted.filter((one) => !one.rejected)) {
        expect(text).toContain(`Order ${id}: refunded `);
      }
    });
    await fc.assert(property, { numRuns: 60 });
  }, 60_000);
});
