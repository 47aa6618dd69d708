/** Kill switches as people say them. Pure: now is always given. */
import type { KillSwitchView } from '../../contracts/kill-switch.js';
import { clockWords, countWords } from './times.js';

/** What a switch holds, as it begins a sentence. */
export function heldThings({ scope, name }: Pick<KillSwitchView, 'scope' | 'name'>): string {
  if (scope === 'all') return 'All effects';
  return scope === 'agent' ? `All effects of the agent ${name}` : `All calls of the tool ${name}`;
}

/** What is held, who set it and since when. The reason is quoted beside it. */
export function heldSentence(
  its: Pick<KillSwitchView, 'scope' | 'name' | 'setBy' | 'setAt'>,
  nowMs: number,
  timeZone?: string,
): string {
  const since = clockWords(its.setAt, nowMs, timeZone);
  return `${heldThings(its)} are held: ${its.setBy} set a kill switch at ${since}.`;
}

/** Who lifted a switch, when, and how long it had been on. */
export function liftedSentence(
  { liftedBy, liftedAt, setBy, setAt }: KillSwitchView,
  nowMs: number,
  timeZone?: string,
): string {
  const set = `${setBy} set it at ${clockWords(setAt, nowMs, timeZone)}`;
  if (liftedAt === null) return `${set}.`;
  const lasted = countWords(Date.parse(liftedAt) - Date.parse(setAt));
  return `${set}; ${liftedBy} lifted it after ${lasted}, at ${clockWords(liftedAt, nowMs, timeZone)}.`;
}
