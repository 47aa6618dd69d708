/** Quorum, votes and escalation as people say them. Pure: now is always given. */
import type { ApprovalView, DecisionView } from '../../contracts/approval.js';
import { count, plural } from './amounts.js';
import { approversWords, namesWords } from './approvals.js';
import { clockWords, countWords } from './times.js';

type Asked = Pick<ApprovalView, 'decisions' | 'counted' | 'quorum'>;

/** The people whose yes counts now. */
const sayersOf = (decisions: readonly DecisionView[]): readonly string[] => [
  ...new Set(
    decisions
      .filter((vote) => vote.void !== true && ['approve', 'edit'].includes(vote.decision))
      .map(({ by }) => by),
  ),
];

/** How far the votes are: `1 of 2 votes: ana`. */
export function quorumWords({ decisions, counted, quorum }: Asked): string {
  const progress = `${count(counted)} of ${plural(quorum, 'vote')}`;
  return counted === 0 ? progress : `${progress}: ${namesWords(sayersOf(decisions))}`;
}

/** What a vote that decides nothing yet is told. */
export const countedSentence = ({ counted, quorum }: Pick<Asked, 'counted' | 'quorum'>): string =>
  `Your vote counts: ${count(counted)} of ${count(quorum)}.`;

/** Whether a person has already said yes to exactly this. */
export const hasVoted = ({ decisions }: Pick<Asked, 'decisions'>, who: string | null): boolean =>
  who !== null && sayersOf(decisions).includes(who);

/** Why a vote counts no more: an edit after it, or what has become of its author. */
export function voidWords({ decisions }: Pick<Asked, 'decisions'>, vote: DecisionView): string {
  const later = decisions.slice(decisions.findIndex(({ id }) => id === vote.id) + 1);
  const edit = later.find(({ decision }) => decision === 'edit');
  return edit === undefined
    ? 'void: it counts no more'
    : `void: ${edit.by} changed the arguments afterwards`;
}

/** Who is asked now, and how many of them. */
export const askedWords = ({
  approvers,
  quorum,
  level,
}: Pick<ApprovalView, 'approvers' | 'quorum' | 'level'>): string => {
  const people = quorum > 1 ? `, ${count(quorum)} people` : '';
  return `${approversWords(approvers)}${people}${level > 0 ? ', since it escalated' : ''}`;
};

/** Who is asked from when on, where nobody decides before: what is still to come. */
export function escalationSentence(
  { escalation, level, status }: Pick<ApprovalView, 'escalation' | 'level' | 'status'>,
  nowMs: number,
  timeZone?: string,
): string | null {
  const next = escalation[level];
  if (status !== 'pending' || next === undefined) return null;
  const left = Date.parse(next.at) - nowMs;
  const when =
    left > 0 ? `In ${countWords(left)} (${clockWords(next.at, nowMs, timeZone)})` : 'Now';
  return `${when} it goes to ${askedWords({ ...next, level: 0 })} instead.`;
}

/** What becomes of the votes when the arguments are changed: said before anything is sent. */
export function editConsequences({
  decisions,
  quorum,
}: Pick<Asked, 'decisions' | 'quorum'>): string {
  const sayers = sayersOf(decisions);
  const lost =
    sayers.length === 0
      ? ''
      : `What ${namesWords(sayers)} said will be void: it was about other arguments. `;
  const own =
    quorum > 1
      ? `Your edit counts as the first of ${count(quorum)} votes on the new ones`
      : 'Your edit counts as your approval of the new ones';
  return `${lost}${own}, unless the rules demand something else of them: they are judged anew.`;
}
