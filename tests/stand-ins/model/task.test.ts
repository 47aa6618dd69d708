import { describe, expect, it } from '@jest/globals';
import { readTask } from '../../../stand-ins/model/task.js';

/** "42", "42=1050 EUR", "42=1/2": an order, and what is asked for of it. */
const named = (text: string): string =>
  readTask(text)
    .orders.map(({ orderId, amount }) => {
      if (amount === null) return orderId;
      if (amount.kind === 'fraction') return `${orderId}=${amount.parts}/${amount.of}`;
      return `${orderId}=${amount.cents} ${amount.currency ?? '?'}`;
    })
    .join(' ');

describe('the orders that a message names', () => {
  it.each([
    ['Refund order 42, it arrived broken', '42'],
    ['money back for orders 42 and 43 please', '42 43'],
    ['orders 42, 43 & 1234 were never delivered', '42 43 1234'],
    ['Please refund order #42.', '42'],
    ['refund #42 and #43', '42 43'],
    ['Refund 42 and 43', '42 43'],
    ['Refund order 42 and order 43', '42 43'],
    ['Order no. 42 arrived damaged', '42'],
    ['order number 42 is defective', '42'],
    ['order 42: broken. order 43: late.', '42 43'],
    ['Bestellung 42 bitte erstatten', '42'],
    ['{"orderId":"42","reason":"broken"}', '42'],
    ['{"orders":["42","43"],"why":"broken"}', '42 43'],
    ['order42 arrived broken', '42'],
    ['order-id: 42, wrong size', '42'],
    ['Refund orders 42 and 43, both came broken', '42 43'],
    ['the customer wants 4711 refunded', '4711'],
    ['Refund order 42 and tell the customer', '42'],
    ['refund order 42 and order 42 again', '42'],
    ['refund orders 42/43', '42 43'],
    ['refund orders 2023 and 2024', '2023 2024'],
    ['Refund orders 42, 43, and 44.', '42 43 44'],
    ['I want a refund for order 9876 [overload x3] [slow]', '9876'],
    ['Refund order 42 (180 EUR, paid in 2024)', '42=18000 EUR'],
    ['return order 1007', '1007'],
    ['Please reimburse 1007', '1007'],
    ['Refund\norder 42\norder 43', '42 43'],
  ])('are found in "%s"', (text, expected) => {
    expect(named(text)).toBe(expected);
  });

  it.each([
    ['Refund order 42 from 2024', '42'],
    ['Refund order 42 of May 2024', '42'],
    ['Refund order 42, bought on 2026-11-03 at 10:30', '42'],
    ['Refund order 42 from 3.11.2026', '42'],
    ['Refund order 42 and 3 items were broken', '42'],
    ['order 42 came 5 days late, refund it', '42'],
    ['Order 42 from customer 77 is broken', '42'],
    ['refund order 42, charge ch_43', '42'],
    ['Refund order 42, write to ana43@example.com', '42'],
    ['I am customer 12 and I want a refund', ''],
    ['Refund 10 EUR', ''],
    ['I bought it in 2024, refund me', ''],
    ['Hello', ''],
    ['The 2 lamps arrived broken', ''],
  ])('are told apart from other numbers in "%s"', (text, expected) => {
    expect(named(text)).toBe(expected);
  });

  it.each([
    ['Refund order 42 but not order 43', '42'],
    ["Refund order 42, don't refund order 43", '42'],
    ['Do not refund order 42', ''],
    ["I'm not happy with order 42, refund it", '42'],
    ['Refund orders 42 and 43 except 43', '42'],
  ])('leave out what is ruled out in "%s"', (text, expected) => {
    expect(named(text)).toBe(expected);
  });
});

describe('the amounts that a message names', () => {
  it.each([
    ['refund 10.50 EUR of order 42', '42=1050 EUR'],
    ['half of order 43', '43=1/2'],
    ['Refund order 42 for 10.50 EUR', '42=1050 EUR'],
    ['Refund €10,50 of order 42', '42=1050 EUR'],
    ['Refund $5 on order #42', '42=500 USD'],
    ['refund 1,250.00 EUR of order 44', '44=125000 EUR'],
    ['refund 1.250,00 EUR of order 44', '44=125000 EUR'],
    ['refund 1,250 EUR of order 44', '44=125000 EUR'],
    ['refund 10.50 of order 42', '42=1050 ?'],
    ['refund 10 of order 42', '42=1000 ?'],
    ['refund 20 euros of 42 and 5 euros of 43', '42=2000 EUR 43=500 EUR'],
    ['order 42: 10 EUR, order 43: 5 EUR', '42=1000 EUR 43=500 EUR'],
    ['Refund 25% of order 42', '42=25/100'],
    ['Refund two thirds of order 42 and order 43', '42=2/3 43'],
    ['Refund half of orders 42 and 43', '42=1/2 43=1/2'],
    ['Refund orders 42 and 43, half each', '42=1/2 43=1/2'],
    ['Refund order 42 in full and half of order 43', '42 43=1/2'],
    ['Refund 50 cents of order 42', '42=50 ?'],
    ['Refund order 42, I paid 180 EUR', '42'],
    ['give back 7.25 GBP on order 1234', '1234=725 GBP'],
    ['Refund EUR 3 of order 42', '42=300 EUR'],
  ])('are found in "%s"', (text, expected) => {
    expect(named(text)).toBe(expected);
  });
});

describe('the wish that the customer be told', () => {
  it.each([
    ['Refund order 42 and tell the customer'],
    ['Refund order 42, then email the customer'],
    ['Refund order 42 and send the customer an email'],
    ['Refund order 42 and send an email to the customer'],
    ['Refund order 42 and notify them'],
    ['Refund order 42 and let the customer know'],
    ['Refund order 42. The customer should be informed.'],
    ['refund order 42 and inform our client please'],
  ])('is heard in "%s"', (text) => {
    expect(readTask(text).mail).toMatchObject({ to: null });
  });

  it.each([
    ['Refund order 42, let ana@example.com know'],
    ['Refund order 42 and email ana@example.com.'],
    ['Refund order 42 and send a note to ana@example.com'],
  ])('names the address in "%s"', (text) => {
    expect(readTask(text).mail?.to).toBe('ana@example.com');
  });

  it.each([
    ['Refund order 42, it arrived broken'],
    ['The customer told me that order 42 broke'],
    ['Refund order 42 of ana@example.com'],
    ["Refund order 42 but don't tell the customer"],
    ['The customer emailed us about order 42, refund it'],
  ])('is not heard in "%s"', (text) => {
    expect(readTask(text).mail).toBeNull();
  });
});

describe('the reason', () => {
  it.each([
    ['Refund order 42, it arrived broken', 'arrived broken'],
    ['Refund order 42 because the lamp was cracked', 'the lamp was cracked'],
    ['Refund order 42 which arrived damaged and tell the customer', 'arrived damaged'],
    ['Refund orders 42 and 43', 'requested by the customer'],
    ['Order 42 was never delivered. Refund it.', 'was never delivered'],
  ])('is read from "%s"', (text, expected) => {
    expect(readTask(text).reason).toBe(expected);
  });

  it('is a refund only where one is wanted', () => {
    expect(readTask('What is the status of order 42?').wantsRefund).toBe(false);
    expect(readTask('Order 42 arrived broken').wantsRefund).toBe(true);
  });
});
