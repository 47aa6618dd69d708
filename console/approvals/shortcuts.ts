/** Keys that decide: one arms an answer, and only Enter after it sends that answer. Pure. */
import type { DecisionKind } from '../../contracts/approval.js';

/** The key of each answer. */
export const shortcutKeys = {
  approve: 'a',
  edit: 'e',
  reject: 'r',
  respond: 'w',
} as const satisfies Record<DecisionKind, string>;

/** An answer that Enter would send, and the arguments that it would be about. */
export interface Armed {
  readonly decision: DecisionKind;
  readonly argsDigest: string;
}

/** A key as it was pressed, and what stood on the page at that moment. */
export interface Press {
  readonly key: string;
  /** With Control, Alt or Meta, or in the middle of composing a letter. */
  readonly isOther: boolean;
  /** Held down: it says nothing that the first press did not. */
  readonly isRepeat: boolean;
  /** In a field, where keys are letters. */
  readonly isTyping: boolean;
  readonly argsDigest: string;
  /** The answers that may be given now. */
  readonly offered: readonly DecisionKind[];
}

/** What a key does: begins an answer, sends the armed one, disarms it, or nothing at all. */
export type Stroke =
  | { readonly kind: 'begin'; readonly decision: DecisionKind }
  | { readonly kind: 'send'; readonly decision: DecisionKind }
  | { readonly kind: 'disarm' }
  | { readonly kind: 'leave-field' }
  | { readonly kind: 'nothing' };

const nothing: Stroke = { kind: 'nothing' };

/** Says what a key does. A key that is not meant for a question never sends, and disarms. */
export function strokeOf(armed: Armed | null, press: Press): Stroke {
  const { key, isOther, isRepeat, isTyping, argsDigest, offered } = press;
  if (isRepeat) return nothing;
  if (isTyping) return key === 'Escape' && !isOther ? { kind: 'leave-field' } : nothing;
  const idle: Stroke = armed === null ? nothing : { kind: 'disarm' };
  if (isOther) return idle;
  if (armed !== null && key === 'Enter') {
    const isSame = armed.argsDigest === argsDigest && offered.includes(armed.decision);
    return isSame ? { kind: 'send', decision: armed.decision } : { kind: 'disarm' };
  }
  const decision = offered.find((each) => shortcutKeys[each] === key);
  return decision === undefined ? idle : { kind: 'begin', decision };
}
