/** The Anthropic Messages API as a model provider, through its official SDK. */
import { randomUUID } from 'node:crypto';
import Anthropic, { type Middleware } from '@anthropic-ai/sdk';
import type { ContentBlock } from '../../contracts/conversation.js';
import { invariant } from '../../runtime/belay-error.js';
import { toModelError, type BrokenOff } from './anthropic-errors.js';
import { contentJsonOf, isJson } from './content-json.js';
import { createIdleWatchdog } from './idle-watchdog.js';
import { ModelError } from './model.js';
import type { ModelProvider, ModelRequest, ModelStop, ModelTurn } from './model.js';
import { breakpoint, messagesJson } from './wire-messages.js';

export interface AnthropicOptions {
  readonly apiKey: string;
  /** The API's own address when absent. A trailing `/v1` is taken off: the SDK adds it. */
  readonly baseUrl?: string;
  /** From the request to the response's headers, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** The longest silence within a stream, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/**
 * A provider that streams every answer, retries nothing itself, and throws nothing but ModelErrors:
 * `run-cancelled` when its signal aborts, `model-stalled` when the stream falls silent.
 */
export function createAnthropicModel(options: AnthropicOptions): ModelProvider {
  const client = new Anthropic({
    apiKey: options.apiKey,
    baseURL: options.baseUrl?.replace(/\/+(?:v1\/*)?$/u, '') ?? 'https://api.anthropic.com',
    timeout: options.requestTimeoutMs,
    // Temporal retries; a retry in here would sleep in an activity's slot.
    maxRetries: 0,
    // The SDK logs bodies that it can't parse, and those are content.
    logLevel: 'off',
  });
  return {
    async complete(request, context) {
      let brokenOff: BrokenOff = null;
      const controller = new AbortController();
      const breakOff = (why: BrokenOff) => {
        brokenOff ??= why;
        controller.abort();
      };
      const cancel = () => breakOff('cancelled');
      context.signal.addEventListener('abort', cancel, { once: true });
      if (context.signal.aborted) cancel();
      const watchdog = createIdleWatchdog(options.idleTimeoutMs, () => breakOff('stalled'));
      const inputs = new Map<number, string>();
      try {
        const stream = client.messages.stream(paramsOf(request), {
          signal: controller.signal,
          middleware: [withMessages(request), watchdog.middleware],
        });
        collectInputs(stream, inputs);
        const message = await stream.finalMessage();
        return turnOf(message, inputs, stream.request_id ?? null);
      } catch (error) {
        throw toModelError(error, brokenOff, isBadInput(error, inputs));
      } finally {
        context.signal.removeEventListener('abort', cancel);
        watchdog.stop();
      }
    },
  };
}

type Stream = ReturnType<Anthropic['messages']['stream']>;

function paramsOf(request: ModelRequest): Anthropic.MessageStreamParams {
  return {
    model: request.model,
    max_tokens: request.maxOutputTokens,
    ...(request.system === ''
      ? {}
      : { system: [{ type: 'text', text: request.system, cache_control: breakpoint }] }),
    ...(request.tools.length === 0 ? {} : { tools: request.tools.map(toolOf) }),
    ...(request.conversationId === undefined
      ? {}
      : { metadata: { user_id: request.conversationId } }),
    // Last of what says something, so that a longer conversation begins with the bytes of a shorter.
    messages: [{ role: 'user', content: placeholder }],
    ...(request.forbidsCalls === true ? { tool_choice: { type: 'none' as const } } : {}),
  };
}

const toolOf = (
  tool: ModelRequest['tools'][number],
  index: number,
  tools: ModelRequest['tools'],
): Anthropic.Tool => ({
  name: tool.name,
  description: tool.description,
  input_schema: { ...tool.inputSchema, type: 'object' },
  ...(index === tools.length - 1 ? { cache_control: breakpoint } : {}),
});

/** Unlike anything that a person or a model writes. */
const placeholder = randomUUID();

/** The stored bytes take the place of the messages: the SDK would print them anew from what it parsed. */
const withMessages =
  (request: ModelRequest): Middleware =>
  (sent, next) => {
    const { body } = sent;
    invariant(typeof body === 'string', 'the SDK sends JSON');
    const held = JSON.stringify([{ role: 'user', content: placeholder }]);
    // A function, because of `$` in a replacement.
    return next({ ...sent, body: body.replace(held, () => messagesJson(request.messages)) });
  };

/**
 * Keeps the JSON of each tool input as it arrived, by the index of its block. The SDK closes an
 * input that was cut (`"amount":100` becomes none at all), so its own reading can't be trusted.
 */
function collectInputs(stream: Stream, inputs: Map<number, string>): void {
  stream.on('streamEvent', (event: Anthropic.MessageStreamEvent) => {
    if (event.type !== 'content_block_delta' || event.delta.type !== 'input_json_delta') return;
    inputs.set(event.index, (inputs.get(event.index) ?? '') + event.delta.partial_json);
  });
}

const areWhole = (inputs: ReadonlyMap<number, string>): boolean =>
  [...inputs.values()].every((json) => json === '' || isJson(json));

/** The SDK could not read the JSON of a tool input: the model's doing, not the network's. */
const isBadInput = (error: unknown, inputs: ReadonlyMap<number, string>): boolean =>
  error instanceof Error &&
  error.cause instanceof Error &&
  error.cause.name === 'SyntaxError' &&
  !areWhole(inputs);

/** A stop reason that is not in this table is `unknown`: nobody guesses what it asks for. */
const stops: Readonly<Record<string, ModelStop>> = {
  end_turn: 'final',
  stop_sequence: 'final',
  tool_use: 'tools',
  max_tokens: 'truncated',
  pause_turn: 'paused',
  refusal: 'refused',
  model_context_window_exceeded: 'context-full',
};

function turnOf(
  message: Anthropic.Message,
  inputs: ReadonlyMap<number, string>,
  requestId: string | null,
): ModelTurn {
  const reason = message.stop_reason ?? '';
  const stop = Object.hasOwn(stops, reason) ? (stops[reason] ?? 'unknown') : 'unknown';
  const contentJson = contentJsonOf(message.content, inputs);
  const content = JSON.parse(contentJson) as readonly ContentBlock[];
  const hasCalls = content.some(({ type }) => type === 'tool_use');
  if (stop === 'tools' && !(hasCalls && areWhole(inputs))) {
    throw new ModelError('model-output-invalid', requestId === null ? {} : { requestId });
  }
  return {
    content,
    contentJson,
    stop,
    model: message.model,
    requestId,
    usage: {
      inputTokens: message.usage.input_tokens,
      outputTokens: message.usage.output_tokens,
      cacheReadTokens: message.usage.cache_read_input_tokens ?? 0,
      cacheWriteTokens: message.usage.cache_creation_input_tokens ?? 0,
    },
  };
}
