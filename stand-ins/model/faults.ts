/** Failures by request: words in brackets in the first message, each for the first n requests. */
import { blocksOf, type ConversationMessage } from '../../contracts/conversation.js';
import { sha256Hex } from '../../runtime/digest.js';
import { faultActs, faultNames, type FaultAct, type FaultName } from './fault-table.js';
import { withoutCacheControl } from './thinking.js';

export interface Fault {
  readonly name: FaultName;
  readonly act: FaultAct;
  /** How many faults of the same name came before it in this conversation. */
  readonly ordinal: number;
}

/** The most faults that one message can ask for. */
const maximumFaults = 1_000;

const faultWord = new RegExp(`\\[(${faultNames.join('|')})(?:\\s*x\\s*(\\d{1,4}))?\\]`, 'gi');
const slowWord = /\[slow\]/gi;
const singlyWord = /\[one-at-a-time\]/gi;
const thinkWord = /\[think\]/gi;
const orderWord = /\[in-order\]/gi;
const priceWord = /\[priced\]/gi;

/** The fault that is due when `served` of them were served, or null when none is left. */
export function dueFault(text: string, served: number): Fault | null {
  const asked = [...text.matchAll(faultWord)].flatMap((match) =>
    Array.from({ length: Number(match[2] ?? 1) }, () => match[1]?.toLowerCase() as FaultName),
  );
  const name = asked.slice(0, maximumFaults)[served];
  if (name === undefined) return null;
  const act = faultActs[name];
  return { name, act, ordinal: asked.slice(0, served).filter((other) => other === name).length };
}

/** Says whether the message asks for a slow answer. */
export const asksForSlowness = (text: string): boolean => text.search(slowWord) >= 0;

/** Says whether the message asks for one call a turn. */
export const asksForSingleCalls = (text: string): boolean => text.search(singlyWord) >= 0;

/** Says whether the message asks for answers that think first. */
export const asksForThinking = (text: string): boolean => text.search(thinkWord) >= 0;

/** Says whether the message asks for one order after the other. */
export const asksForOrder = (text: string): boolean => text.search(orderWord) >= 0;

/** Says whether the message asks for answers in the name of the model that was asked. */
export const asksForPrices = (text: string): boolean => text.search(priceWord) >= 0;

/** The message without the words of this file. */
export const withoutSentinels = (text: string): string =>
  [faultWord, slowWord, singlyWord, thinkWord, orderWord, priceWord].reduce(
    (rest, word) => rest.replace(word, ' '),
    text,
  );

/** The text of a message: of its text blocks, one a line. */
export const textOf = (message: ConversationMessage | undefined): string =>
  message === undefined
    ? ''
    : blocksOf(message)
        .map((block) => (block.type === 'text' ? (block.text ?? '') : ''))
        .join('\n');

/** One key for every request of one conversation: its first message, and who it is for. */
export const conversationKeyOf = (
  messages: readonly ConversationMessage[],
  userId: string | null,
): string => sha256Hex(`${JSON.stringify(withoutCacheControl(messages[0]))}\n${userId ?? ''}`);
