/** How many cases a scenario has: a few in `npm test`, all of them in `npm run faults`. */

const percent = process.env['BELAY_FAULTS_PERCENT'];

/** Whether this is the long set, or a share of it. */
export const isLong = percent !== undefined;

/** The number of cases: `few`, or the share of `all` that was asked for. */
export const cases = (few: number, all: number): number =>
  percent === undefined ? few : Math.max(few, Math.ceil((all * Number(percent)) / 100));
