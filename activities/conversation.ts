/** The request of a turn: the transcript verbatim, and the one message that this turn adds to it. */
import type { AgentSpec } from '../contracts/agent.js';
import type { CallOutcome } from '../contracts/call.js';
import type { ContentBlock } from '../contracts/conversation.js';
import type { StoredMessage } from '../store/transcript.js';
import type { LoadedTurn } from '../store/turns.js';
import type { OpenModelRequest } from './ask-model.js';
import type { SentMessage } from './models/model.js';

export interface PreparedTurn {
  readonly request: OpenModelRequest;
  /**
   * What this turn sends for the first time: the input, the results of the turn before, or that a
   * cut answer is to go on. Null where a paused one goes on by itself.
   */
  readonly sent: StoredMessage | null;
  /** The number of the next message. */
  readonly nextSeq: number;
  /** How many turns before this one the model left unfinished, in a row. */
  readonly unfinishedTurns: number;
}

/** Builds the request of a turn from what is stored. The same rows give the same bytes. */
export function prepareTurn(spec: AgentSpec, loaded: LoadedTurn, turn: number): PreparedTurn {
  const nextSeq = (loaded.transcript.messages.at(-1)?.seq ?? 0) + 1;
  const blocks = nextSeq === 1 ? [inputBlock(loaded.run.input)] : nextBlocks(loaded, turn);
  const sent: StoredMessage | null =
    blocks === null ? null : { seq: nextSeq, role: 'user', content: JSON.stringify(blocks) };
  const { lastStops } = loaded.run;
  const finished = lastStops.findIndex((stop) => stop !== 'cut' && stop !== 'paused');
  return {
    sent,
    nextSeq,
    unfinishedTurns: finished < 0 ? lastStops.length : finished,
    request: {
      system: spec.instructions,
      tools: spec.tools.map(({ name, description, argsSchema }) => ({
        name,
        description,
        inputSchema: argsSchema,
      })),
      messages: [...loaded.transcript.messages, ...(sent === null ? [] : [sent])].map(messageOf),
      maxOutputTokens: spec.limits.outputTokensPerTurn,
    },
  };
}

/** What follows an answer; nothing where the provider's own tools go on. */
function nextBlocks({ run, results, transcript }: LoadedTurn, turn: number): ContentBlock[] | null {
  // A compaction of this very turn: what it begins with is all there is to say.
  if (transcript.messages.at(-1)?.turn === turn) return null;
  if (run.lastStops[0] === 'paused') return null;
  if (run.lastStops[0] === 'cut') return [{ type: 'text', text: goOn }];
  return results.map(resultBlock);
}

/** An answer cannot be begun for the model any more, so it is asked to go on. */
const goOn = 'Your answer was cut off. Go on exactly where it stopped, without repeating anything.';

const messageOf = ({ role, content }: StoredMessage): SentMessage => ({
  role,
  content: JSON.parse(content) as ContentBlock[],
  json: content,
});

/** An input that is a message and nothing else is that message; any other is its JSON. */
export function inputBlock(input: string): ContentBlock {
  const [first, ...more] = Object.entries((JSON.parse(input) ?? {}) as object);
  const [name, value] = first ?? [];
  const isMessage = name === 'message' && typeof value === 'string' && more.length === 0;
  return { type: 'text', text: isMessage ? value : input };
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
