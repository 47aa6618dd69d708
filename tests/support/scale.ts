/** How much a test does: a short set in `npm test`, a long one where `BELAY_TEST_SCALE=long` asks for it. */

/** The number for the scale of this run. */
export const casesOf = ({
  short,
  long,
}: {
  readonly short: number;
  readonly long: number;
}): number => (process.env['BELAY_TEST_SCALE'] === 'long' ? long : short);
