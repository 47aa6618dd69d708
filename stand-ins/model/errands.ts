/** Reads what else a message wants done: a status set, a ticket opened, a note written. */
import { orderStatuses } from '../../contracts/order.js';

export type OrderStatus = (typeof orderStatuses)[number];

export interface Errands {
  /** What the orders of the message are to be marked as. */
  readonly status: OrderStatus | null;
  /** Whether a ticket is to be opened about each order. */
  readonly wantsTicket: boolean;
  readonly note: NoteWish | null;
}

interface NoteWish {
  readonly ticketId: string;
  /** Null where it is to say what was done. */
  readonly text: string | null;
}

/** The errands of a message, and what it says besides. */
export interface ReadErrands extends Errands {
  /** Without the note: its words are for colleagues. */
  readonly withoutNote: string;
  /** Without any errand. */
  readonly rest: string;
}

const joint = String.raw`(?:[,;]?\s*(?:\b(?:and|then)\b\s*)*(?:please\s+)?)`;
const clauseEnd = String.raw`(?=\s+(?:and|then|but)\b|[,.;:!?\n]|$)`;

const noteClause = new RegExp(
  `${joint}(?:\\b(?:put|add|write|leave|make|attach)\\s+)?(?:\\b(?:an?|the|this)\\s+)?\\bnote\\s+` +
    '(?:on|to|in|at)\\s+(?:the\\s+)?ticket\\s+#?(?<id>[a-z]*-?\\d[\\w-]{0,40})' +
    '(?:\\s*(?::|,?\\s*(?:that|saying)\\b)\\s*(?<text>\\S[^\\n]*))?',
  'iu',
);
const ticketClause = new RegExp(
  `${joint}\\b(?:open|create|file|raise|log|make)\\s+(?:(?:an?|the|another)\\s+)?` +
    `(?:\\w+\\s+){0,2}?ticket\\b[^,.;:!?\\n]*?${clauseEnd}`,
  'iu',
);
const statusClause = new RegExp(
  `${joint}\\b(?:mark|set|flag|change|update)\\b[^.;\\n]{0,60}?\\b(?:as|to)\\s+["'“]?` +
    `(?<status>${orderStatuses.join('|')}|canceled)\\b["'”]?`,
  'iu',
);
const refusal = /(?:don['’]?t|do not|never|without|no need to|not)\s*$/iu;

/** Reads the words of one message. What it rules out ("don't open a ticket") is no errand. */
export function readErrands(text: string): ReadErrands {
  const note = wishIn(noteClause, text);
  const withoutNote = note.rest;
  const ticket = wishIn(ticketClause, withoutNote);
  const status = wishIn(statusClause, ticket.rest);
  const { id: ticketId, text: said } = note.groups ?? {};
  return {
    note: ticketId === undefined ? null : { ticketId, text: said?.trim() ?? null },
    wantsTicket: ticket.groups !== null,
    status: statusNamed(status.groups?.['status']),
    withoutNote,
    rest: status.rest,
  };
}

interface Wish {
  /** Null where the message has no such wish. */
  readonly groups: Readonly<Record<string, string | undefined>> | null;
  readonly rest: string;
}

function wishIn(clause: RegExp, text: string): Wish {
  const match = clause.exec(text);
  if (match === null) return { groups: null, rest: text };
  const [before, after] = [text.slice(0, match.index), text.slice(match.index + match[0].length)];
  const rest = `${before}${after}`;
  return refusal.test(before) ? { groups: null, rest } : { groups: match.groups ?? {}, rest };
}

function statusNamed(word: string | undefined): OrderStatus | null {
  const name = word?.toLowerCase().replace('canceled', 'cancelled');
  return orderStatuses.find((status) => status === name) ?? null;
}
