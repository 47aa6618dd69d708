/** The request of a turn: the transcript verbatim, and the one message that this turn adds to it. */
import type { AgentSpec } from '../contracts/agent.js';
import type { CallOutcome } from '../contracts/call.js';
import type { ContentBlock } from '../contracts/conversation.js';
import type { StoredMessage } from '../store/transcript.js';
import type { LoadedTurn } from '../store/turns.js';
import type { ModelRequest, SentMessage } from './models/model.js';

export interface PreparedTurn {
  readonly request: ModelRequest;
  /** What this turn sends for the first time: the input, or the results of the turn before. */
  readonly sent: StoredMessage;
}

/** Builds the request of a turn from what is stored. The same rows give the same bytes. */
export function prepareTurn(spec: AgentSpec, loaded: LoadedTurn): PreparedTurn {
  const seq = (loaded.transcript.messages.at(-1)?.seq ?? 0) + 1;
  const blocks = seq === 1 ? [inputBlock(loaded.run.input)] : loaded.results.map(resultBlock);
  const sent: StoredMessage = { seq, role: 'user', content: JSON.stringify(blocks) };
  return {
    sent,
    request: {
      model: spec.models[0],
      system: spec.instructions,
      tools: spec.tools.map(({ name, description, argsSchema }) => ({
        name,
        description,
        inputSchema: argsSchema,
      })),
      messages: [...loaded.transcript.messages, sent].map(messageOf),
      maxOutputTokens: spec.limits.outputTokensPerTurn,
    },
  };
}

const messageOf = ({ role, content }: StoredMessage): SentMessage => ({
  role,
  content: JSON.parse(content) as ContentBlock[],
  json: content,
});

/** An input with a message is that message; any other is its JSON. */
function inputBlock(input: string): ContentBlock {
  const value = JSON.parse(input) as { readonly message?: unknown };
  return { type: 'text', text: typeof value.message === 'string' ? value.message : input };
}

/** What people said instead is an answer: as an error, a model would try again. */
const isAnswer = (outcome: CallOutcome | null): boolean =>
  outcome === 'succeeded' || outcome === 'rejected' || outcome === 'responded';

const resultBlock = (call: LoadedTurn['results'][number]): ContentBlock => ({
  type: 'tool_result',
  tool_use_id: call.modelCallId,
  content: call.result ?? '',
  ...(isAnswer(call.outcome) ? {} : { is_error: true }),
});
