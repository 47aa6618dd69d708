/** The Anthropic Messages API as a model provider, through its official SDK. */
import { randomUUID } from 'node:crypto';
import Anthropic, { type Middleware } from '@anthropic-ai/sdk';
import type { ContentBlock } from '../../contracts/conversation.js';
import { invariant } from '../../runtime/belay-error.js';
import { readAnthropicError } from './anthropic-errors.js';
import { contentJsonOf } from './content-json.js';
import { toModelError } from './failed-request.js';
import type {
  ModelContext,
  ModelProvider,
  ModelRequest,
  ModelStop,
  ModelTurn,
  ModelUsage,
  ProviderOptions,
} from './model.js';
import { ModelError } from './model-error.js';
import { openRequest } from './open-request.js';
import { createReceived, type Received } from './received.js';
import { breakpoint, messagesJson } from './wire-messages.js';

/** Whose price list counts, wherever a proxy stands. */
const pricedBy = 'anthropic';

/**
 * A provider that streams every answer, retries nothing itself, and throws nothing but ModelErrors:
 * `run-cancelled` when its signal aborts, `model-stalled` when the stream falls silent. A trailing
 * `/v1` of the base URL is taken off: the SDK adds it.
 */
export function createAnthropicModel(options: ProviderOptions): ModelProvider {
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
      const open = openRequest(context, options);
      const received = createReceived(pricedBy);
      try {
        const stream = client.messages.stream(paramsOf(request), {
          signal: open.signal,
          middleware: [withMessages(request), async (sent, next) => open.watch(await next(sent))],
        });
        follow(stream, received, context);
        const message = await stream.finalMessage();
        return turnOf(message, received, stream.request_id ?? null);
      } catch (error) {
        const cause = isBadInput(error, received)
          ? new ModelError('model-output-invalid', { cause: error })
          : error;
        throw toModelError(cause, open, received, readAnthropicError);
      } finally {
        open.close();
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
    ...(request.effort === undefined ? {} : { output_config: { effort: request.effort } }),
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
 * Keeps what arrives as it arrives, and passes text on. The SDK closes a tool input that was cut
 * (`"amount":100` becomes none at all), so its own reading of inputs can't be trusted.
 */
function follow(stream: Stream, received: Received, { onDelta }: ModelContext): void {
  stream.on('streamEvent', (event: Anthropic.MessageStreamEvent) => {
    switch (event.type) {
      case 'message_start':
        return received.start(event.message.model, usageOf(event.message.usage));
      case 'message_delta':
        return received.countOutput(event.usage.output_tokens);
      case 'content_block_delta':
        if (event.delta.type === 'input_json_delta') {
          return received.addInput(event.index, event.delta.partial_json);
        }
        if (event.delta.type === 'thinking_delta') return received.add(event.delta.thinking.length);
        if (event.delta.type !== 'text_delta') return;
        received.add(event.delta.text.length);
        onDelta?.({ block: event.index, text: event.delta.text });
    }
  });
}

/** The SDK could not read the JSON of a tool input: the model's doing, not the network's. */
const isBadInput = (error: unknown, received: Received): boolean =>
  error instanceof Error &&
  error.cause instanceof Error &&
  error.cause.name === 'SyntaxError' &&
  !received.hasWholeInputs();

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
  received: Received,
  requestId: string | null,
): ModelTurn {
  const reason = message.stop_reason ?? '';
  const stop = Object.hasOwn(stops, reason) ? (stops[reason] ?? 'unknown') : 'unknown';
  const contentJson = contentJsonOf(message.content, received.inputs);
  const content = JSON.parse(contentJson) as readonly ContentBlock[];
  const hasCalls = content.some(({ type }) => type === 'tool_use');
  if (stop === 'tools' && !(hasCalls && received.hasWholeInputs())) {
    throw new ModelError('model-output-invalid', requestId === null ? {} : { requestId });
  }
  const category = message.stop_details?.category;
  return {
    content,
    contentJson,
    stop,
    model: message.model,
    pricedBy,
    requestId,
    usage: usageOf(message.usage),
    ...(category == null ? {} : { refusalCategory: category }),
  };
}

function usageOf(usage: Anthropic.Usage): ModelUsage {
  const hour = usage.cache_creation?.ephemeral_1h_input_tokens ?? 0;
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_input_tokens ?? 0,
    cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
    ...(hour === 0 ? {} : { cacheWriteHourTokens: hour }),
  };
}
