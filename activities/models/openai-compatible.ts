/** Chat completions as OpenAI, OpenRouter, vLLM and Ollama speak them, as a model provider. */
import type { ContentBlock } from '../../contracts/conversation.js';
import type { Effort } from '../../contracts/model-choice.js';
import { sha256Hex } from '../../runtime/digest.js';
import { toModelError } from './failed-request.js';
import type {
  ModelContext,
  ModelProvider,
  ModelRequest,
  ModelStop,
  ModelTurn,
  ProviderOptions,
} from './model.js';
import { ModelError } from './model-error.js';
import { openRequest, type OpenRequest } from './open-request.js';
import { OpenAiError, readOpenAiError, requestIdOf } from './openai-errors.js';
import { chatMessagesOf } from './openai-messages.js';
import { readCompletion, type Completion } from './openai-stream.js';
import { createReceived, type Received } from './received.js';

const openAiUrl = 'https://api.openai.com/v1';

/** The largest body of an error that is read, in bytes. */
const errorBytes = 64 * 1024;

/**
 * A provider that streams every answer, retries nothing itself, follows no redirect with its key,
 * and throws nothing but ModelErrors. The base URL is the one that ends before `/chat/completions`.
 */
export function createOpenAiCompatibleModel(options: ProviderOptions): ModelProvider {
  const baseUrl = (options.baseUrl ?? openAiUrl).replace(/\/+$/u, '');
  return {
    async complete(request, context) {
      const open = openRequest(context, options);
      const received = createReceived(baseUrl);
      try {
        const body = JSON.stringify(bodyOf(request, baseUrl));
        const response = await post(`${baseUrl}/chat/completions`, options.apiKey, body, open);
        return await read(response, request, body.length, received, context);
      } catch (error) {
        throw toModelError(error, open, received, readOpenAiError);
      } finally {
        open.close();
      }
    },
  };

  async function read(
    response: Response,
    request: ModelRequest,
    promptCharacters: number,
    received: Received,
    context: ModelContext,
  ): Promise<ModelTurn> {
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (!response.ok || !isStream || response.body === null) {
      throw new OpenAiError(response.status, response.headers, await bodyOfError(response));
    }
    const asked = { model: request.model, promptCharacters };
    const completion = await readCompletion(response.body, asked, received, context);
    const requestId = requestIdOf(response.headers);
    return turnOf(completion, request, { pricedBy: baseUrl, requestId, received });
  }
}

async function post(
  url: string,
  apiKey: string,
  body: string,
  open: OpenRequest,
): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body,
    redirect: 'error',
    signal: open.signal,
  });
  return open.watch(response);
}

function bodyOf(request: ModelRequest, baseUrl: string): Readonly<Record<string, unknown>> {
  const tools = request.tools.map(({ name, description, inputSchema }) => ({
    type: 'function',
    function: { name, description, parameters: inputSchema },
  }));
  return {
    model: request.model,
    messages: chatMessagesOf(request),
    ...(tools.length === 0 ? {} : { tools }),
    ...(request.forbidsCalls === true ? { tool_choice: 'none' } : {}),
    // OpenAI's own models take the new name alone, and many servers the old one alone.
    [baseUrl === openAiUrl ? 'max_completion_tokens' : 'max_tokens']: request.maxOutputTokens,
    ...(request.effort === undefined ? {} : { reasoning_effort: effortWords[request.effort] }),
    ...(request.conversationId === undefined ? {} : { user: request.conversationId }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

/** Few servers know more than three words. */
const effortWords: Readonly<Record<Effort, string>> = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

/** The body of an answer that is no stream, as JSON where it is some; null where it is not. */
async function bodyOfError(response: Response): Promise<unknown> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > errorBytes) return null;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

const stops: Readonly<Record<string, ModelStop>> = {
  stop: 'final',
  tool_calls: 'tools',
  function_call: 'tools',
  length: 'truncated',
  content_filter: 'refused',
};

interface Answered {
  readonly pricedBy: string;
  readonly requestId: string | null;
  readonly received: Received;
}

function turnOf(completion: Completion, request: ModelRequest, answered: Answered): ModelTurn {
  const stop = stopOf(completion);
  const { pricedBy, requestId, received } = answered;
  if (stop === 'tools' && !(completion.calls.length > 0 && received.hasWholeInputs())) {
    throw new ModelError('model-output-invalid', requestId === null ? {} : { requestId });
  }
  const { text, model, usage } = completion;
  const blocks: ContentBlock[] = text.trim() === '' ? [] : [{ type: 'text', text }];
  const content = [...blocks, ...callBlocks(completion, request)];
  return { content, stop, model, pricedBy, requestId, usage };
}

function stopOf({ finishReason, isRefusal, calls }: Completion): ModelStop {
  if (isRefusal) return 'refused';
  const stop = Object.hasOwn(stops, finishReason) ? (stops[finishReason] ?? 'unknown') : 'unknown';
  // Some servers say `stop` after calls too.
  return stop === 'final' && calls.length > 0 ? 'tools' : stop;
}

/** Ids are ours where the server's would not do: empty, odd, or used before in this conversation. */
function callBlocks({ calls }: Completion, request: ModelRequest): ContentBlock[] {
  const used = new Set(
    request.messages.flatMap(({ content }) =>
      typeof content === 'string'
        ? []
        : content.flatMap(({ type, id }) => (type === 'tool_use' && id ? [id] : [])),
    ),
  );
  return calls.map(({ id, name, json }, index) => {
    const place = `${request.conversationId ?? ''}:${request.messages.length}:${index}`;
    const usable = /^[\w-]{1,64}$/u.test(id) && !used.has(id);
    const callId = usable ? id : `call_${sha256Hex(place).slice(0, 24)}`;
    used.add(callId);
    return { type: 'tool_use', id: callId, name, input: inputOf(json) };
  });
}

/** The input of a call. What was cut has none: such a call is never made. */
function inputOf(json: string): unknown {
  try {
    const input = JSON.parse(json === '' ? '{}' : json) as unknown;
    return typeof input === 'object' && input !== null && !Array.isArray(input) ? input : {};
  } catch {
    return {};
  }
}
