/** Which parked effects are shown, and in which order. Pure. */
import type { EffectDetail } from '../../contracts/effect-detail.js';

/** What is listed and what was answered on this page, each once, as long as each has waited. */
export function withAnswered(
  listed: readonly EffectDetail[],
  answered: readonly EffectDetail[],
): readonly EffectDetail[] {
  const keys = new Set(answered.map(({ key }) => key));
  // An answer of the list that was on its way may be older than what was answered.
  const open = listed.filter(({ key }) => !keys.has(key));
  return [...open, ...answered].toSorted((left, right) => order(left).localeCompare(order(right)));
}

const order = ({ parked, key }: EffectDetail): string => `${parked?.since} ${key}`;
