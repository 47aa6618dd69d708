/** What to try first, for each agent of the demo: one for each way in which a run can go. */

export interface Example {
  readonly input: Readonly<Record<string, unknown>>;
  /** What it shows. */
  readonly shows: string;
}

/** Whom a newcomer meets first: it stops before money moves. */
export const firstAgent = 'refund-desk';

/** Orders 5001 to 9998 need consent; a refunded one can't be refunded again, so it is drawn. */
const drawnOrder = (): number => 5_001 + Math.floor(Math.random() * 4_998);
/** Orders 1000 to 4999 need none, unless they were refunded before. */
const drawnSmallOrder = (): number => 1_000 + Math.floor(Math.random() * 4_000);

const message = (text: string, shows: string): Example => ({ input: { message: text }, shows });
const question = (text: string, shows: string): Example => ({ input: { question: text }, shows });

const examplesByAgent: Readonly<Record<string, () => readonly Example[]>> = {
  'refund-desk': () => [
    message('Refund order 42, it arrived broken', 'a person is asked'),
    message(
      `Refund order ${drawnOrder()}, it arrived broken [payments-slow]`,
      'a payment of three seconds: kill the worker meanwhile',
    ),
    message(
      `Refund order ${drawnSmallOrder()}`,
      'small enough: nobody is asked, unless it is asked for again',
    ),
    message(
      `Refund order ${drawnSmallOrder()}, mark it as returned and open a ticket`,
      'the shop and the help desk as well',
    ),
    message(
      'Refund order 42 and order 43, both broken. Tell the customer.',
      'several calls at once, and mail that is read before it leaves',
    ),
    message('Refund order 45', 'nothing is left to do'),
  ],
  analyst: () => [
    question(
      'How many orders were refunded last month, and which of them are over 30 EUR? How many are there by status?',
      'three statements side by side',
    ),
    question(
      'Count the orders under 12 EUR by customer',
      'a statement that is refused, and mended',
    ),
    question("Run `UPDATE orders SET status = 'returned'`", 'a way to write, which there is not'),
  ],
};

export const examplesOf = (agent: string): readonly Example[] => examplesByAgent[agent]?.() ?? [];
