/** Parked effects and their answers as people say them. Pure: now is always given. */
import type { EffectDetail } from '../../contracts/effect-detail.js';
import { effectClassMeanings, type Resolution } from '../../contracts/effect.js';
import { capital, plural } from './amounts.js';
import type { ProblemFields } from './problems.js';
import { clockWords, countWords } from './times.js';

/** What a person said of an effect, in the past tense. */
const saidWords: ReadonlyMap<string, string> = new Map<Resolution, string>([
  ['happened', 'happened'],
  ['absent', 'did not happen'],
  ['compensated', 'happened and was made good'],
]);

export const resolutionWords = (outcome: string): string => saidWords.get(outcome) ?? outcome;

/** How often it was sent, and when: `Once, at 12:00:00`. */
export function sentWords(
  { attempts, firstDispatchedAt, lastDispatchedAt }: EffectDetail,
  nowMs: number,
  timeZone?: string,
): string {
  if (lastDispatchedAt === null) return 'Never';
  const last = clockWords(lastDispatchedAt, nowMs, timeZone);
  if (attempts === 1) return `Once, at ${last}`;
  const first = clockWords(firstDispatchedAt ?? lastDispatchedAt, nowMs, timeZone);
  return `${plural(attempts, 'time')}, first at ${first}, last at ${last}`;
}

/** How its tool behaves when nobody knows: what its class promises. */
export const classWords = ({ class: its }: EffectDetail): string =>
  `${capital(its)}: ${effectClassMeanings[its] ?? 'a class that this page does not know'}.`;

/** Since when it waits, and whether anybody was reminded. */
export function parkedWords(
  { parked, remindedAt }: Pick<EffectDetail, 'parked' | 'remindedAt'>,
  nowMs: number,
  timeZone?: string,
): string {
  if (parked === null) return '';
  const since = clockWords(parked.since, nowMs, timeZone);
  const words = `${countWords(nowMs - Date.parse(parked.since))}, since ${since}`;
  if (remindedAt === null) return `${words}.`;
  return `${words}; last reminded of at ${clockWords(remindedAt, nowMs, timeZone)}.`;
}

/** What became of an effect that nobody is asked about any more. */
export function answeredSentence(
  { resolution, state }: Pick<EffectDetail, 'resolution' | 'state'>,
  nowMs: number,
  timeZone?: string,
): string {
  if (resolution === null) return `Nobody is asked: it is ${state}.`;
  const { by, outcome, at, message } = resolution;
  const said = `${by} said that it ${resolutionWords(outcome)}`;
  return `${said}, at ${clockWords(at, nowMs, timeZone)}. “${message}”`;
}

/** One sentence for an answer that was not taken. Who was first is named beside it. */
export function unansweredSentence(problem: ProblemFields): string {
  const { code, decidedBy, detail, title } = problem;
  if (code === 'effect-not-parked' && decidedBy) {
    return `${decidedBy} was first. Your answer was not used.`;
  }
  if (code === 'forbidden') return `This is not yours to answer. ${detail ?? ''}`.trim();
  return detail ?? title;
}
