/** Standing grants as people say them, and the condition that a new one begins with. Pure. */
import type { GrantStatus, GrantView } from '../../contracts/grant.js';
import { count, plural } from './amounts.js';
import { approversWords, namesWords } from './approvals.js';
import { clockWords, countWords } from './times.js';

/** What each status means for the next call, as it stands alone. */
export const grantStatusWords = {
  proposed: 'Waits for votes; nothing is allowed by it yet.',
  active: 'Calls that fit it are made without asking.',
  'used-up': 'Every use is taken: the rule asks again.',
  expired: 'Its time is over: the rule asks again.',
  revoked: 'It was revoked: the rule asks again.',
} as const satisfies Record<GrantStatus, string>;

/** Who may do what, how often: the terms in one line. */
export const grantTitle = ({
  agent,
  tool,
  uses,
}: Pick<GrantView, 'agent' | 'tool' | 'uses'>): string =>
  `${agent} may call ${tool} ${uses === 1 ? 'once' : `${count(uses)} times`} without asking`;

/** Which calls a grant covers: all that its rule asks about, or those that fit its condition. */
export const grantScopeWords = ({ rule, when }: Pick<GrantView, 'rule' | 'when'>): string =>
  isUnbounded(when)
    ? `Every call that rule ${rule} asks about.`
    : `Calls that rule ${rule} asks about, where:`;

/** Whether a condition narrows nothing. */
export const isUnbounded = (when: string): boolean => when.trim() === 'true';

/** Until when it holds. */
export function grantUntilWords(
  { expiresAt, status }: Pick<GrantView, 'expiresAt' | 'status'>,
  nowMs: number,
  timeZone?: string,
): string {
  const at = clockWords(expiresAt, nowMs, timeZone);
  const left = Date.parse(expiresAt) - nowMs;
  const isOpen = status === 'proposed' || status === 'active';
  return isOpen && left > 0 ? `${at} (${countWords(left)} left)` : at;
}

/** The votes so far, and who is still needed. */
export function grantVotesWords({
  votes,
  quorum,
  approvers,
  status,
}: Pick<GrantView, 'votes' | 'quorum' | 'approvers' | 'status'>): string {
  const names = votes.length === 0 ? '' : `: ${namesWords(votes.map(({ by }) => by))}`;
  const progress = `${count(votes.length)} of ${plural(quorum, 'vote')}${names}`;
  const missing = quorum - votes.length;
  if (status !== 'proposed' || missing <= 0) return progress;
  return `${progress}. ${count(missing)} more of ${approversWords(approvers)} needed`;
}

/**
 * A readable bound that the arguments fit: numbers at most as large, and the same codes, addresses
 * and yes or no. What differs from call to call, such as ids and free text, is left out.
 */
export function boundOf(args: unknown, schema: unknown): string {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return 'true';
  const bounds = Object.entries(args).flatMap(([name, value]) => {
    const place = isWord(name) ? `args.${name}` : `args[${literal(name)}]`;
    if (typeof value === 'number') return [`${place} <= ${String(value)}`];
    if (typeof value === 'boolean') return [`${place} == ${value}`];
    const isTelling = typeof value === 'string' && isCode(value, schemaOf(schema, name));
    return isTelling ? [`${place} == ${literal(value)}`] : [];
  });
  return bounds.length === 0 ? 'true' : bounds.join(' && ');
}

/** CEL's own words, which no field may be called by after a dot. */
const celWords: ReadonlySet<string> = new Set(
  (
    'as break const continue else false for function if import in let loop package namespace ' +
    'null return true var void while'
  ).split(' '),
);

const isWord = (name: string): boolean => /^[A-Za-z_]\w*$/.test(name) && !celWords.has(name);

/** A CEL string: JSON's escapes are CEL's. */
const literal = (text: string): string => JSON.stringify(text);

const isCode = (value: string, schema: Readonly<Record<string, unknown>>): boolean =>
  Array.isArray(schema['enum']) ||
  typeof schema['format'] === 'string' ||
  /^[A-Z]{2,5}$/.test(value);

function schemaOf(schema: unknown, name: string): Readonly<Record<string, unknown>> {
  const { properties } = (schema ?? {}) as { properties?: Record<string, unknown> };
  const own = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : null;
  return typeof own === 'object' && own !== null ? (own as Record<string, unknown>) : {};
}
