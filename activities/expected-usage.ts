/** What a model call will use, before anybody has counted: for the money of a lost one, and for room. */
import type { LoadedTurn } from '../store/turns.js';
import type { OpenModelRequest } from './ask-model.js';
import type { ModelUsage, SentMessage } from './models/model.js';
import { estimateTokens } from './models/received.js';

/** An answer that nobody heard is reckoned to be as long as the last one, and at least this long. */
const unheardTokens = 256;

/**
 * What sending a request to a model is reckoned to use: the last turn's count, and what came since by
 * length. What is not surely in that model's cache is reckoned to be written there, which costs most.
 */
export function expectedUsage(
  loaded: LoadedTurn,
  request: OpenModelRequest,
  model: string,
): ModelUsage {
  const { last, transcript } = loaded;
  const outputTokens = Math.max(unheardTokens, last?.outputTokens ?? 0);
  const counted = { outputTokens, inputTokens: 0, isEstimate: true } as const;
  const isCounted = last !== null && transcript.messages.some(({ role }) => role === 'assistant');
  if (!isCounted) {
    const { system, tools, messages } = request;
    const characters = JSON.stringify({ system, tools }).length + charactersOf(messages);
    return { ...counted, cacheWriteTokens: estimateTokens(characters), cacheReadTokens: 0 };
  }
  const since = request.messages.slice(request.messages.findLastIndex(isAnswer) + 1);
  const freshTokens = last.outputTokens + estimateTokens(charactersOf(since));
  const cacheReadTokens = last.isWarm && last.model === model ? last.promptTokens : 0;
  const cacheWriteTokens = freshTokens + last.promptTokens - cacheReadTokens;
  return { ...counted, cacheReadTokens, cacheWriteTokens };
}

const isAnswer = ({ role }: SentMessage): boolean => role === 'assistant';
const charactersOf = (messages: readonly SentMessage[]): number =>
  messages.reduce((sum, { json = '' }) => sum + json.length, 0);
