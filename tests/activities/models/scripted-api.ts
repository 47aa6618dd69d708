/** An HTTP server that answers as a test tells it to, for answers that no stand-in gives. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAnthropicModel } from '../../../activities/models/anthropic.js';
import type { ModelRequest, ModelTurn } from '../../../activities/models/model.js';
import type { ModelError } from '../../../activities/models/model-error.js';

export type Script = (response: ServerResponse, request: IncomingMessage) => void;

export interface ScriptedApi {
  readonly url: string;
  close(): Promise<void>;
}

export async function startScriptedApi(script: Script): Promise<ScriptedApi> {
  const server: Server = createServer((request, response) => script(response, request));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const request: ModelRequest = {
  provider: 'anthropic',
  model: 'claude-sonnet-5-5',
  system: 'Be brief.',
  tools: [],
  messages: [{ role: 'user', content: 'Hello' }],
  maxOutputTokens: 100,
};

export interface AskOptions {
  readonly idleTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** One call of the provider against a script: the turn, or the ModelError that it threw. */
export async function askScripted(
  script: Script,
  options: AskOptions = {},
): Promise<{ turn?: ModelTurn; error?: ModelError }> {
  const api = await startScriptedApi(script);
  const model = createAnthropicModel({
    apiKey: 'key',
    baseUrl: api.url,
    requestTimeoutMs: options.requestTimeoutMs ?? 5_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 5_000,
  });
  try {
    const signal = options.signal ?? AbortSignal.timeout(3_000);
    return await model.complete(request, { signal }).then(
      (turn) => ({ turn }),
      (error: ModelError) => ({ error }),
    );
  } finally {
    await api.close();
  }
}

/** The events of a stream; `data` gets its `type` from the name. */
export type Events = readonly (readonly [string, Readonly<Record<string, unknown>>])[];

export const opening = [
  'message_start',
  {
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-5-5',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 7, cache_read_input_tokens: 5, output_tokens: 1 },
    },
  },
] as const;

export const ending = (stopReason: string): Events => [
  ['message_delta', { delta: { stop_reason: stopReason }, usage: { output_tokens: 9 } }],
  ['message_stop', {}],
];

/** A content block in pieces. */
export const block = (
  index: number,
  head: Readonly<Record<string, unknown>>,
  ...deltas: readonly Readonly<Record<string, unknown>>[]
): Events => [
  ['content_block_start', { index, content_block: head }],
  ...deltas.map((delta) => ['content_block_delta', { index, delta }] as const),
  ['content_block_stop', { index }],
];

export const toolBlock = (index: number, ...json: readonly string[]): Events =>
  block(
    index,
    { type: 'tool_use', id: `toolu_${index}`, name: 'lookup_order', input: {} },
    ...json.map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
  );

export const textBlock = (index: number, text: string): Events =>
  block(index, { type: 'text', text: '' }, { type: 'text_delta', text });

/** Starts a stream and writes events into it. */
export function writeEvents(response: ServerResponse, events: Events): void {
  if (!response.headersSent) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_1' });
  }
  for (const [name, data] of events) {
    response.write(`event: ${name}\ndata: ${JSON.stringify({ type: name, ...data })}\n\n`);
  }
}

/** A script that streams these events and ends cleanly. */
export const streams =
  (...events: readonly Events[]): Script =>
  (response) => {
    writeEvents(response, [opening, ...events.flat()]);
    response.end();
  };
