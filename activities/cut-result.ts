/** A tool's result as it is stored: whole where the model can read it at once, else its two ends. */
import { keptResultBytes, toolResultBytes } from '../contracts/limits.js';
import type { CallId } from '../contracts/ids.js';

/** The tool that reads on, and how much of a result stands before what it reads. */
export const readResultName = 'read_result';

export interface StoredResult {
  /** What the model reads: JSON text of at most `toolResultBytes`. */
  readonly result: string;
  /** The whole as JSON text, where the model reads only its ends and can read on. */
  readonly kept?: string;
}

/** Of two ends, each escaped once more, both and what is said about them fit `toolResultBytes`. */
const endsBytes = { beginning: 10 * 1024, end: 4 * 1024 } as const;

/**
 * Cuts a result once, when it is written: what a model was shown is never cut later. `callId` is
 * where the rest is found; null where the agent has no tool to read it.
 */
export function cutResult(result: unknown, callId: CallId | null): StoredResult {
  const text = JSON.stringify(result ?? null);
  const whole = Buffer.from(text);
  if (whole.length <= toolResultBytes) return { result: text };
  const beginning = textOf(whole.subarray(0, endsBytes.beginning));
  const end = textOf(whole.subarray(-endsBytes.end));
  const offset = [...beginning].length;
  const ends = { truncated: true, bytes: whole.length, beginning, end };
  if (callId === null) return { result: JSON.stringify(ends) };
  const rest = `${readResultName} ${JSON.stringify({ call: callId, offset })} reads on.`;
  return {
    result: JSON.stringify({ ...ends, rest }),
    kept: textOf(whole.subarray(0, keptResultBytes)),
  };
}

/** Without the halves of characters that a cut leaves at its edges. */
const textOf = (bytes: Buffer): string =>
  bytes.toString('utf8').replace(/^\uFFFD{1,3}|\uFFFD{1,3}$/gu, '');
