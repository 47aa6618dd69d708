/** Whether a yes can still be taken back, and for how long. Pure: now is always given. */
import type { ApprovalView } from '../../contracts/approval.js';
import { clockWords, countWords } from './times.js';

type Decided = Pick<ApprovalView, 'status' | 'executableAt'>;

/** How much longer, in milliseconds; 0 where it is too late or never could be. */
export const takeBackMs = ({ status, executableAt }: Decided, nowMs: number): number =>
  status === 'approved' && executableAt !== null
    ? Math.max(0, Date.parse(executableAt) - nowMs)
    : 0;

/** When it is carried out. */
export function takeBackSentence(decided: Decided, nowMs: number, timeZone?: string): string {
  const left = countWords(takeBackMs(decided, nowMs));
  const at = clockWords(decided.executableAt ?? '', nowMs, timeZone);
  return `It is carried out in ${left} (${at}). Until then it can be taken back.`;
}
