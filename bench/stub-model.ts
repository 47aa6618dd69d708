/** The stub as a model provider of Belay's: the plan is the first message, the turn its length. */
import type { ModelProvider } from '../activities/models/model.js';
import { blocksOf } from '../contracts/conversation.js';
import type { Plan } from './plan.js';
import type { StubCalls } from './stub-calls.js';

/** Builds the provider. */
export const createStubModel = (calls: StubCalls): ModelProvider => ({
  complete: async ({ messages, conversationId = '', model }) => {
    const plan = planOf(messages[0]);
    const turn = (messages.length + 1) / 2;
    const { text, tool } = await calls.model(conversationId, turn, plan);
    const said = { type: 'text', text };
    const input = { turn, plan };
    return {
      content:
        tool === null
          ? [said]
          : [said, { type: 'tool_use', id: `toolu_${turn}`, name: tool, input }],
      stop: tool === null ? 'final' : 'tools',
      model,
      pricedBy: 'bench',
      requestId: `req_${turn}`,
      usage: { inputTokens: 100, outputTokens: 50, cacheReadTokens: 0, cacheWriteTokens: 0 },
    };
  },
});

function planOf(first: Parameters<typeof blocksOf>[0] | undefined): Plan {
  const text = first === undefined ? '' : (blocksOf(first)[0]?.text ?? '');
  return JSON.parse(text) as Plan;
}
