/** What the stand-in writes down of a request, and what it charged. */
import type { Usage } from './answer.js';
import type { FaultName } from './fault-table.js';

/** One request as it came, and how it was answered. Written before the first byte of the answer. */
export interface JournalEntry {
  readonly at: string;
  readonly requestId: string;
  /** The API that was spoken. */
  readonly door: string;
  /** SHA-256 of the body. */
  readonly digest: string;
  /** One key for all requests of a conversation; null when the request made no sense. */
  readonly conversation: string | null;
  /** Whom the request says it is for. */
  readonly user: string | null;
  readonly model: string | null;
  readonly messages: number;
  readonly status: number;
  readonly fault: FaultName | null;
  /** Why it was refused, in the API's words. */
  readonly refusal: string | null;
  /** What is billed for it, also where the answer was lost; null where nothing is. */
  readonly charged: Usage | null;
  readonly request: unknown;
}

export interface BillLine {
  readonly user: string | null;
  /** The model that was asked for. */
  readonly model: string | null;
  readonly answers: number;
  readonly inputTokens: number;
  readonly cacheWriteTokens: number;
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
}

/** The bill of everything so far: a line for each user and model. */
export function billOf(entries: readonly JournalEntry[]): readonly BillLine[] {
  const lines = new Map<string, BillLine>();
  for (const { user, model, charged } of entries) {
    if (charged == null) continue;
    const key = JSON.stringify([user, model]);
    const line = lines.get(key) ?? { user, model, ...nothing };
    lines.set(key, {
      ...line,
      answers: line.answers + 1,
      inputTokens: line.inputTokens + charged.input_tokens,
      cacheWriteTokens: line.cacheWriteTokens + charged.cache_creation_input_tokens,
      cacheReadTokens: line.cacheReadTokens + charged.cache_read_input_tokens,
      outputTokens: line.outputTokens + charged.output_tokens,
    });
  }
  return [...lines.values()];
}

const nothing = {
  answers: 0,
  inputTokens: 0,
  cacheWriteTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 0,
};
