/** Reads what a message asks for: which orders, how much, why, what else, and who is told. */
import { readErrands, type Errands } from './errands.js';
import { withoutSentinels } from './faults.js';
import { ordersIn, type NamedOrder } from './orders.js';

export interface Task {
  readonly orders: readonly NamedOrder[];
  /** Whether money is to go back; otherwise the message only asks. */
  readonly wantsRefund: boolean;
  readonly reason: string;
  readonly errands: Errands;
  readonly mail: MailWish | null;
}

/** The customer is to be told. */
export interface MailWish {
  /** The address to write to instead of the customer's, where the message says so. */
  readonly to: string | null;
  /** An address that the message mentions, for want of a better one. */
  readonly mentioned: string | null;
}

/** Reads the words of one message. */
export function readTask(message: string): Task {
  const { withoutNote, rest, ...errands } = readErrands(withoutSentinels(message));
  const { status, wantsTicket, note } = errands;
  const isErrand = status !== null || wantsTicket || note !== null;
  return {
    orders: ordersIn(withoutNote),
    // A complaint alone asks for money only where the message asks for nothing else.
    wantsRefund: refundWords.test(rest) || (!isErrand && complaintWords.test(rest)),
    reason: reasonIn(rest),
    errands,
    mail: mailWishIn(rest),
  };
}

const anyOf = (...alternatives: readonly string[]): RegExp =>
  new RegExp(`(?:${alternatives.join('|')})`, 'iu');

const refundWords = anyOf(
  'refund|money back|reimburse|compensat|credit|erstat|geld zurück',
  String.raw`(?:give|pay) .{0,20}back|\breturn`,
);
const complaintWords = anyOf(
  'broke|damag|defect|faulty|wrong|missing|never|lost|cracked|torn|unwanted|kaputt',
  String.raw`late\b|not (?:arriv|work|deliver|what)|too (?:small|big|large)`,
);

const address = /[^\s@<>,;:"'(){}[\]]+@[^\s@<>,;:"'(){}[\]]+\.[\p{L}]{2,}/u;
const someone =
  '(?:the |our |this |that )?(?:customers?|client|buyer|shopper|them|him|her|kund\\w+)';
const target = `(?:(?<to>${address.source})|${someone})`;
const verbs =
  '(?:tell|notify|inform|e-?mail|mail|message|write(?: to)?|update|contact|reply to|answer)';
const send = String.raw`\b(?:send|drop|write)\b`;
const letter = String.raw`\b(?:e-?mail|mail|note|message|confirmation|line)\b`;
const mailWishes = [
  anyOf(`\\b${verbs} (?:(?:an?|the) \\w+ to )?${target}`),
  anyOf(`\\blet ${target} know`),
  anyOf(`${send}[^.;\\n]{0,60}?${target}[^.;\\n]{0,30}?${letter}`),
  anyOf(`${send}[^.;\\n]{0,40}?${letter}(?:[^.;\\n]{0,30}?\\bto ${target})?`),
  anyOf(
    '\\bcustomer (?:should|must|needs to|wants to|would like to) ' +
      '(?:be )?(?:told|informed|notified|know|hear)',
  ),
];
const refusal = /(?:don['’]?t|do not|never|without|no need to|not)\s+$/iu;

function mailWishIn(text: string): MailWish | null {
  for (const pattern of mailWishes) {
    const match = pattern.exec(text);
    if (match === null) continue;
    if (refusal.test(text.slice(0, match.index))) return null;
    return {
      to: cleanAddress(match.groups?.['to']),
      mentioned: cleanAddress(address.exec(text)?.[0]),
    };
  }
  return null;
}

const cleanAddress = (text: string | undefined): string | null =>
  text === undefined ? null : text.replace(/[.!?]+$/u, '');

/** The longest reason that goes to the payment service, in characters. */
const reasonCharacters = 200;

function reasonIn(text: string): string {
  const told = /\b(?:because|due to|weil|reason(?: is)?:?) (.+)/iu.exec(text)?.[1];
  const clauses = text.split(/[,;:!?\n()–—]|\. | - /u);
  const clause = told ?? clauses.find((part) => complaintWords.test(part));
  const reason = (clause ?? '')
    .replace(
      new RegExp(
        `[,.;]?\\s*(?:\\band\\b|\\bthen\\b|&)?\\s*(?:please )?\\b(?:${verbs}|let|send)\\b.*$`,
        'iu',
      ),
      '',
    )
    .replace(/^.*\b(?:order|orders|bestellung|refund)\b[\s#\d,&]*(?:and \d+)?/iu, '')
    .replace(/^\s*(?:(?:which|that|as|since|it|and|has|have)\s+)?/iu, '')
    .replace(/[\s.!"'}]+$/u, '');
  return reason === '' ? 'requested by the customer' : reason.slice(0, reasonCharacters);
}
