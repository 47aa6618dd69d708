/** A model that says a word wherever there is room for one: in thoughts, texts, refusals, summaries and errors. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { blocksOf, type ConversationMessage } from '../../contracts/conversation.js';
import { readBody } from '../../stand-ins/http.js';
import {
  block,
  ending,
  opening,
  startScriptedApi,
  textBlock,
  writeEvents,
  type Events,
  type ScriptedApi,
} from '../activities/models/scripted-api.js';

/** By the word in the first message that asks for it. */
export type Story = 'thinks' | 'declines' | 'echoes' | 'grows' | 'reads' | 'chats';

export interface LeakyModelOptions {
  readonly word: string;
  /** An order that is long to read. */
  readonly longOrder: string;
  /** Resolves when a reader has seen the word while it came: what thinks speaks on only then. */
  readonly untilSeen: () => Promise<void>;
}

interface Asked {
  readonly story: Story;
  /** How many requests of its run came before it. */
  readonly before: number;
  readonly messages: readonly ConversationMessage[];
  readonly wantsSummary: boolean;
  /** Everything that a careless service would say of a request that it does not like. */
  readonly echo: string;
}

/** Speaks the Messages API, and chat completions below `/chat`. */
export function startLeakyModel(options: LeakyModelOptions): Promise<ScriptedApi> {
  const counts = new Map<string, number>();
  const hear = async (request: IncomingMessage): Promise<Asked> => {
    const text = await readBody(request);
    const body = JSON.parse(text) as {
      readonly metadata?: { readonly user_id: string };
      readonly user?: string;
      readonly messages: readonly ConversationMessage[];
      readonly tool_choice?: { readonly type: string };
    };
    const runId = body.metadata?.user_id ?? body.user ?? '';
    const before = counts.get(runId) ?? 0;
    counts.set(runId, before + 1);
    const first = body.messages.find(({ role }) => role === 'user');
    return {
      story: (blocksOf(first!)[0]?.text ?? '').split(' ')[1] as Story,
      before,
      messages: body.messages,
      wantsSummary: body.tool_choice?.type === 'none',
      echo: `${options.word}: ${request.headers.authorization} may not send ${text}`,
    };
  };
  return startScriptedApi((response, request) => {
    hear(request)
      .then((asked) => tellers[asked.story](response, asked, options))
      .catch(() => response.destroy());
  });
}

type Tell = (response: ServerResponse, asked: Asked, options: LeakyModelOptions) => void;

const tellers: Readonly<Record<Story, Tell>> = {
  thinks: (response, { before }, { word, untilSeen }) => {
    if (before > 0) return say(response, 'end_turn', textBlock(0, `It is ${word}.`));
    const thought = block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking_delta', thinking: `I think ${word}` },
      { type: 'signature_delta', signature: `signed-${word}` },
    );
    const planned = call(2, 'lookup_order', order('1001'));
    writeEvents(response, [opening, ...thought, ...textBlock(1, word)]);
    untilSeen().then(
      () => {
        writeEvents(response, [...planned, ...ending('tool_use')]);
        response.end();
      },
      () => response.destroy(),
    );
  },
  declines: (response, { before }, { word }) => {
    if (before > 0) return say(response, 'end_turn', textBlock(0, `I am not so shy: ${word}.`));
    const details = { type: 'refusal', category: 'cyber', explanation: `Never ${word}` };
    const end = { delta: { stop_reason: 'refusal', stop_sequence: null, stop_details: details } };
    const usage = { output_tokens: 9 };
    writeEvents(response, [
      opening,
      ...textBlock(0, `I would rather not say ${word}`),
      ['message_delta', { ...end, usage }],
      ['message_stop', {}],
    ]);
    response.end();
  },
  echoes: (response, { before, echo }, { word }) => {
    if (before === 0) return refuse(response, 500, 'api_error', echo);
    if (before === 1) return refuse(response, 429, 'rate_limit_error', echo);
    if (before > 2) return refuse(response, 400, 'invalid_request_error', echo);
    const error = { type: 'overloaded_error', message: echo };
    writeEvents(response, [opening, ...textBlock(0, word), ['error', { error }]]);
    response.end();
  },
  grows: (response, { before, wantsSummary }, { word }) => {
    if (wantsSummary) return say(response, 'end_turn', textBlock(0, `All about ${word}`));
    if (before > 6) return say(response, 'end_turn', textBlock(0, 'It is long.'));
    const message = { ...opening[1].message, usage: { input_tokens: 9_000, output_tokens: 1 } };
    const planned = call(1, 'lookup_order', order(String(1_000 + before)));
    writeEvents(response, [['message_start', { message }], ...textBlock(0, word), ...planned]);
    writeEvents(response, ending('tool_use'));
    response.end();
  },
  reads: (response, { before, messages }, { word, longOrder }) => {
    if (before === 0) {
      return say(response, 'tool_use', call(0, 'lookup_order', order(longOrder)));
    }
    if (before > 1) return say(response, 'end_turn', textBlock(0, `I have read ${word}.`));
    const shown = /\{\\*"call\\*":\\*"(?<id>call_[\w-]+)\\*",\\*"offset\\*":(?<offset>\d+)\}/u;
    const { id = '', offset } = shown.exec(JSON.stringify(messages.at(-1)))?.groups ?? {};
    say(response, 'tool_use', call(0, 'read_result', { call: id, offset: Number(offset) }));
  },
  chats: (response, { before, echo }, { word }) => {
    if (before === 0) return refuse(response, 500, 'server_error', echo);
    const chunk = (delta: object, finish: string | null) => ({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 0,
      model: 'chatty',
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const data of [chunk({ content: `Chatting of ${word}` }, null), chunk({}, 'stop')]) {
      response.write(`data: ${JSON.stringify(data)}\n\n`);
    }
    response.end('data: [DONE]\n\n');
  },
};

const order = (orderId: string) => ({ orderId });

const call = (index: number, name: string, input: object): Events =>
  block(
    index,
    {
      type: 'tool_use',
      id: `toolu_${index}_${Math.random().toString(36).slice(2)}`,
      name,
      input: {},
    },
    { type: 'input_json_delta', partial_json: JSON.stringify(input) },
  );

function say(response: ServerResponse, stop: string, ...blocks: readonly Events[]): void {
  writeEvents(response, [opening, ...blocks.flat(), ...ending(stop)]);
  response.end();
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ type: 'error', error: { type, message } }));
}
