/** A model that does what its first message says: the calls of each turn, with the ids they are given. */
import { createServer, type ServerResponse } from 'node:http';
import { listen, readBody, type RunningStandIn } from '../../../stand-ins/http.js';
import { randomId, standInModel, type AnswerBlock } from '../../../stand-ins/model/answer.js';
import { streamAnswer } from '../../../stand-ins/model/stream.js';

export interface ScriptedCall {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** The model's id of it; a fresh one unless it says another. */
  readonly id?: string;
}

/** The calls of each turn; the turn after the last ends the run. */
export type Script = readonly (readonly ScriptedCall[])[];

/** The message that makes the model play a script. */
export const scriptMessage = (script: Script): string => JSON.stringify(script);

interface Request {
  readonly messages: readonly {
    readonly role: string;
    readonly content: string | readonly { readonly text?: string }[];
  }[];
}

/** Listens on a free port of loopback and speaks the Messages API, as far as a run needs it. */
export function startScriptedModel(): Promise<RunningStandIn> {
  const closing = new AbortController();
  const server = createServer((request, response) => {
    readBody(request)
      .then((body) => answer(JSON.parse(body) as Request, response, closing.signal))
      .catch(() => response.destroy());
  });
  return listen(server, 0, () => closing.abort());
}

/** The script of a first message: all of it, or the one text of an input with several fields. */
function scriptIn(text: string): Script {
  const value = JSON.parse(text) as Script | { readonly question: string };
  return 'question' in value ? (JSON.parse(value.question) as Script) : value;
}

function answer(
  { messages }: Request,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const content = messages[0]?.content ?? '[]';
  const text = typeof content === 'string' ? content : (content[0]?.text ?? '[]');
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  const calls = scriptIn(text)[turn] ?? [];
  const blocks: AnswerBlock[] = [
    { head: { type: 'text' }, body: calls.length > 0 ? 'I will.' : 'Done.' },
    ...calls.map(({ tool, args, id = `toolu_${randomId()}` }) => ({
      head: { type: 'tool_use' as const, id, name: tool },
      body: JSON.stringify(args),
    })),
  ];
  const usage = {
    input_tokens: 1,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: 1,
  };
  const stopReason = calls.length > 0 ? 'tool_use' : 'end_turn';
  const id = `msg_${randomId()}`;
  const message = { id, model: standInModel, blocks, stopReason, usage } as const;
  return streamAnswer(response, message, { pauseMs: null, fault: null, signal });
}
