import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAnthropicModel } from '../../../activities/models/anthropic.js';
import type { ModelProvider } from '../../../activities/models/model.js';
import { orderStatuses } from '../../../contracts/order.js';
import { startModelStandIn, type ModelStandIn } from '../../../stand-ins/model/server.js';
import { readTask } from '../../../stand-ins/model/task.js';
import { journalPaths } from '../../support/stand-in-folder.js';
import { deskTools, play, shopOrder, shopTools, type Played } from './loop.js';

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

const shop = [shopOrder('42', 18_000), shopOrder('43', 2_490)];
const namesOf = ({ turns }: Played) => turns.map((calls) => calls.map(({ name }) => name));
const inputsOf = ({ turns }: Played, name: string) =>
  turns.flat().flatMap((call) => (call.name === name ? [call.input] : []));

describe('the errands of a message', () => {
  it.each([
    ['Refund order 42, mark it as returned and tell the customer', 'returned'],
    ['Mark order 42 as returned', 'returned'],
    ['set the status of orders 42 and 43 to cancelled.', 'cancelled'],
    ['Please change order 42 to canceled', 'cancelled'],
    ["Refund order 42 but don't mark it as returned", null],
    ['Return order 42', null],
    ['order 42 was marked by the shop', null],
  ])('set a status in "%s": %s', (text, status) => {
    expect(readTask(text).errands.status).toBe(status);
  });

  it.each([
    ['open a ticket about order 43', true],
    ['Refund order 42 and create a new ticket for it', true],
    ['Order 42 arrived broken. File a ticket.', true],
    ["Refund order 42, don't open a ticket", false],
    ['There is a ticket about order 42', false],
    ['Refund order 42, ticket 7', false],
  ])('open a ticket in "%s": %s', (text, wanted) => {
    expect(readTask(text).errands.wantsTicket).toBe(wanted);
  });

  it.each([
    [
      'note on ticket T-7: called, tell the customer of order 42',
      'T-7',
      'called, tell the customer of order 42',
    ],
    ['Add a note to ticket 12 that she called again', '12', 'she called again'],
    ['Refund order 42 and put a note on ticket T-7', 'T-7', null],
  ])('write a note in "%s"', (text, ticketId, said) => {
    expect(readTask(text).errands.note).toEqual({ ticketId, text: said });
  });

  it.each([
    ['Mark order 42 as returned', false],
    ['Open a ticket about the refund of order 42', false],
    ['Order 42 arrived broken, open a ticket', false],
    ['Note on ticket T-7: refund of order 42 is due', false],
    ['Refund order 42 and mark it as refunded', true],
    ['Open a ticket about order 42 and refund it', true],
  ])('ask for money in "%s": %s', (text, wantsRefund) => {
    expect(readTask(text)).toMatchObject({ wantsRefund, mail: null });
  });

  it('leave the reason of a refund and the orders as they are', () => {
    const text =
      'Refund order 42, it arrived broken, mark it as returned and open a ticket. ' +
      'Put a note on ticket T-7: order 43 is fine.';
    expect(readTask(text)).toMatchObject({
      orders: [{ orderId: '42' }],
      reason: 'arrived broken',
      wantsRefund: true,
    });
  });
});

describe('the refund desk', () => {
  it('refunds first, then marks the order, and tells the customer last', async () => {
    const message = 'Refund order 42, mark it as returned and tell the customer';
    const played = await play(model, message, deskTools(shop));
    expect(namesOf(played)).toEqual([
      ['lookup_order'],
      ['issue_refund'],
      ['set_order_status'],
      ['send_email'],
    ]);
    expect(inputsOf(played, 'set_order_status')).toEqual([{ orderId: '42', status: 'returned' }]);
    expect(played.text).toBe(
      'Order 42: refunded 180.00 EUR (re_42).\n' +
        'Order 42 is marked as returned; it was delivered.\n' +
        'The customer was told (customer-42@example.com).',
    );
  });

  it('leaves an order as it is whose refund was not made', async () => {
    const refuse = { 42: 'Not made: ana rejected it. Reason: customer kept the item' };
    const message = 'Refund orders 42 and 43 and mark them as returned';
    const played = await play(model, message, deskTools(shop, refuse));
    expect(inputsOf(played, 'set_order_status')).toEqual([{ orderId: '43', status: 'returned' }]);
    expect(played.text).toContain('Order 42 was not marked as returned.');
  });

  it('tells the customer the status that the order has now', async () => {
    const message = 'Mark order 42 as returned and tell the customer';
    const [mail] = inputsOf(await play(model, message, deskTools(shop)), 'send_email');
    expect(mail?.['text']).toContain('The status of your order 42 is: returned.');
  });

  it('opens a ticket about an order in the words of the message, for its customer', async () => {
    const message = 'Open a ticket about order 43, it arrived broken';
    const played = await play(model, message, deskTools(shop));
    expect(namesOf(played)).toEqual([['lookup_order'], ['create_ticket']]);
    expect(inputsOf(played, 'create_ticket')).toEqual([
      { subject: 'Order 43', body: message, requester: 'customer-43@example.com' },
    ]);
    expect(played.text).toBe('Ticket T-43 is open about order 43.');
  });

  it('writes a note without any order, and one of what was done', async () => {
    const played = await play(model, 'Note on ticket T-7: she called again', deskTools(shop));
    expect(played.turns).toEqual([
      [{ name: 'put_note', input: { ticketId: 'T-7', text: 'she called again' } }],
    ]);
    expect(played.text).toBe('The note is on ticket T-7.');
    const message = 'Refund order 43 and put a note on ticket T-7';
    expect(inputsOf(await play(model, message, deskTools(shop)), 'put_note')).toEqual([
      { ticketId: 'T-7', text: 'Order 43: refunded 24.90 EUR (re_43).' },
    ]);
    const silent = await play(model, 'Put a note on ticket T-7', deskTools(shop));
    expect(silent).toMatchObject({
      turns: [],
      text: expect.stringContaining('What is it to say?'),
    });
  });

  it('says what was not done, and what it cannot do here', async () => {
    const message = 'Mark order 42 as returned, open a ticket and put a note on ticket T-7';
    const refused = { error: 'The help desk refused it: ticket_closed.' };
    const confirmed = { ok: { confirmedBy: 'ana', message: 'seen', externalRef: 'T-8' } };
    const tools = {
      ...deskTools(shop),
      put_note: () => refused,
      create_ticket: () => confirmed,
      set_order_status: () => ({ ok: 'who knows' }),
    };
    expect((await play(model, message, tools)).text).toBe(
      'I can\'t tell whether order 42 was marked as returned. "who knows"\n' +
        'It is so that a ticket was opened about order 42, confirmed by ana.\n' +
        'No note was written on ticket T-7. The help desk refused it: ticket_closed.',
    );
    expect(
      (await play(model, message, shopTools(shop))).text.match(/can't do that here/g),
    ).toHaveLength(3);
  });

  it('does exactly the errands that are drawn, for exactly the orders that are named', async () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 999_999 }).map(String), {
      minLength: 1,
      maxLength: 4,
    });
    const status = fc.option(fc.constantFrom(...orderStatuses));
    const noteText = fc.option(fc.constantFrom('she called', 'refund of order 7 is due'));
    const drawn = fc.tuple(ids, fc.boolean(), status, fc.boolean(), noteText, fc.boolean());
    const property = fc.asyncProperty(
      drawn,
      async ([orders, refunds, mark, ticket, note, mail]) => {
        const named = `${orders.length > 1 ? 'orders' : 'order'} ${orders.join(' and ')}`;
        const message = [
          `${refunds ? 'Refund' : 'Look at'} ${named}`,
          ...(mark === null ? [] : [`mark it as ${mark}`]),
          ...(ticket ? ['open a ticket about it'] : []),
          ...(mail ? ['tell the customer'] : []),
          ...(note === null ? [] : [`put a note on ticket T-7: ${note}`]),
        ].join(' and ');
        const tools = deskTools(orders.map((id) => shopOrder(id, 1_000)));
        const played = await play(model, message, tools);
        const of = (name: string) => inputsOf(played, name).map(({ orderId }) => orderId);
        expect(of('lookup_order')).toEqual(orders);
        expect(of('issue_refund')).toEqual(refunds ? orders : []);
        expect(of('set_order_status')).toEqual(mark === null ? [] : orders);
        expect(inputsOf(played, 'create_ticket')).toHaveLength(ticket ? orders.length : 0);
        expect(inputsOf(played, 'put_note').map(({ text }) => text)).toEqual(
          note === null ? [] : [note],
        );
        expect(inputsOf(played, 'send_email')).toHaveLength(mail ? orders.length : 0);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  }, 60_000);
});
