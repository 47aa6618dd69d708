/** Answers of a model, as a provider gives them. */
import type { ModelStop, ModelTurn } from '../../activities/models/model.js';
import type { ContentBlock } from '../../contracts/conversation.js';

/** What each of them used. With `claude-haiku-5-5` it costs 150 millionths of a dollar. */
export const answerUsage = {
  inputTokens: 1_000,
  outputTokens: 100,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
} as const;

export const said = (text: string): ContentBlock => ({ type: 'text', text });
export const lookUp = (id: string): ContentBlock => ({
  type: 'tool_use',
  id,
  name: 'lookup_order',
  input: { orderId: '42' },
});

/** A turn that ends so. */
export const turnThat = (stop: ModelStop, ...content: ContentBlock[]): ModelTurn => ({
  content,
  stop,
  model: 'claude-haiku-5-5',
  pricedBy: 'anthropic',
  requestId: 'req_1',
  usage: answerUsage,
});
