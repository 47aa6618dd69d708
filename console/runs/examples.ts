/** What to try first, for each agent of the demo: one for each way in which a run can go. */

export interface Example {
  readonly message: string;
  /** What it shows. */
  readonly shows: string;
}

/** Orders 5001 to 9998 need consent; a refunded one can't be refunded again, so it is drawn. */
const drawnOrder = (): number => 5_001 + Math.floor(Math.random() * 4_998);
/** Orders 1000 to 4999 need none, unless they were refunded before. */
const drawnSmallOrder = (): number => 1_000 + Math.floor(Math.random() * 4_000);

const examplesByAgent: Readonly<Record<string, () => readonly Example[]>> = {
  'refund-desk': () => [
    { message: 'Refund order 42, it arrived broken', shows: 'a person is asked' },
    {
      message: `Refund order ${drawnOrder()}, it arrived broken [payments-slow]`,
      shows: 'a payment of three seconds: kill the worker meanwhile',
    },
    {
      message: `Refund order ${drawnSmallOrder()}`,
      shows: 'small enough: nobody is asked, unless it is asked for again',
    },
    {
      message: `Refund order ${drawnSmallOrder()}, mark it as returned and open a ticket`,
      shows: 'the shop and the help desk as well',
    },
    {
      message: 'Refund order 42 and order 43, both broken. Tell the customer.',
      shows: 'several calls at once, and mail that is read before it leaves',
    },
    { message: 'Refund order 45', shows: 'nothing is left to do' },
  ],
};

export const examplesOf = (agent: string): readonly Example[] => examplesByAgent[agent]?.() ?? [];
