/** What is typed with an answer, and what it must say before that answer can be sent. */
import { useState } from 'preact/hooks';
import type { DecisionKind } from '../../contracts/approval.js';

export interface Message {
  readonly text: string;
  readonly setText: (text: string) => void;
  /** Why the answer that was tried can't be sent like this. */
  readonly lacking: string | null;
  /** Says whether something is missing for an answer; the field tells what. */
  readonly findLacking: (decision: DecisionKind) => boolean;
}

/** Which answers the model reads: they cannot be empty. */
const lackingWords: ReadonlyMap<DecisionKind, string> = new Map([
  ['reject', 'Say why before you reject.'],
  ['respond', 'Write the answer that the model is to get instead.'],
]);

export function useMessage(): Message {
  const [text, setText] = useState('');
  const [lacking, setLacking] = useState<string | null>(null);
  return {
    text,
    setText: (typed) => {
      setText(typed);
      setLacking(null);
    },
    lacking,
    findLacking: (decision) => {
      const missing = text.trim() === '' ? (lackingWords.get(decision) ?? null) : null;
      setLacking(missing);
      return missing !== null;
    },
  };
}
