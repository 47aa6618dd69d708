/** Puts a streamed chat completion together: text, calls, how it ended, what it used. */
import { z } from 'zod';
import type { ModelContext, ModelUsage } from './model.js';
import { ModelError } from './model-error.js';
import { OpenAiError } from './openai-errors.js';
import { estimateTokens, type Received } from './received.js';
import { readEventData } from './server-sent-events.js';

const callPiece = z.object({
  index: z.int().min(0).nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});
const chunkSchema = z.object({
  error: z.unknown().optional(),
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            // Thinking, by the names that servers have for it: counted, and not kept.
            reasoning: z.string().nullish(),
            reasoning_content: z.string().nullish(),
            tool_calls: z.array(callPiece).nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: z
    .object({
      prompt_tokens: z.int().default(0),
      completion_tokens: z.int().default(0),
      prompt_tokens_details: z.object({ cached_tokens: z.int().nullish() }).nullish(),
    })
    .nullish(),
});
type Chunk = z.infer<typeof chunkSchema>;
type CallPiece = z.infer<typeof callPiece>;

export interface Completion {
  readonly model: string;
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly json: string }[];
  /** The word that the server ended with. */
  readonly finishReason: string;
  readonly isRefusal: boolean;
  readonly usage: ModelUsage;
}

interface OpenCall {
  readonly index: number;
  id: string;
  name: string;
  json: string;
}

interface Draft {
  model: string;
  text: string;
  refusal: string;
  finishReason: string | null;
  usage: ModelUsage | null;
  readonly calls: OpenCall[];
}

/**
 * Reads a stream to its end. Throws an OpenAiError for an error within it, a ModelError for chunks
 * that are none, and an Error where it ends without saying why.
 */
export async function readCompletion(
  body: ReadableStream<Uint8Array>,
  asked: { readonly model: string; readonly promptCharacters: number },
  received: Received,
  { onDelta }: ModelContext,
): Promise<Completion> {
  const draft: Draft = {
    model: asked.model,
    text: '',
    refusal: '',
    finishReason: null,
    usage: null,
    calls: [],
  };
  const promptUsage = { inputTokens: estimateTokens(asked.promptCharacters) };
  let hasBegun = false;
  for await (const data of readEventData(body)) {
    if (data === '[DONE]') break;
    const chunk = parseChunk(data);
    if (!hasBegun) received.start(chunk.model ?? asked.model, promptUsage);
    hasBegun = true;
    take(draft, chunk, received, onDelta);
  }
  if (draft.finishReason === null) throw new Error('The stream ended without a reason');
  const { model, text, refusal, finishReason, calls } = draft;
  const usage = draft.usage ?? received.usage();
  if (usage === undefined) throw new Error('The stream was empty');
  return { model, text: text + refusal, finishReason, isRefusal: refusal !== '', usage, calls };
}

function parseChunk(data: string): Chunk {
  const chunk = chunkSchema.safeParse(jsonOf(data));
  // Neither of ours nor of the model's making: a proxy's, or a server's that broke.
  if (!chunk.success) throw new ModelError('model-unreachable', { cause: chunk.error });
  if (chunk.data.error != null) throw new OpenAiError(null, undefined, chunk.data);
  return chunk.data;
}

function take(
  draft: Draft,
  { model, choices, usage }: Chunk,
  received: Received,
  onDelta: ModelContext['onDelta'],
): void {
  draft.model = model ?? draft.model;
  if (usage != null) draft.usage = usageOf(usage);
  const choice = choices[0];
  if (choice === undefined) return;
  draft.finishReason = choice.finish_reason ?? draft.finishReason;
  const {
    content,
    refusal,
    reasoning,
    reasoning_content: thought,
    tool_calls: calls,
  } = choice.delta ?? {};
  received.add((reasoning ?? thought ?? '').length);
  draft.refusal += refusal ?? '';
  const text = content ?? '';
  if (text !== '') {
    draft.text += text;
    received.add(text.length);
    onDelta?.({ block: 0, text });
  }
  for (const piece of calls ?? []) takeCall(draft, piece, received);
}

/** A piece goes to the call of its index; a new id at the same index is another call (Ollama). */
function takeCall({ calls }: Draft, piece: CallPiece, received: Received): void {
  const index = piece.index ?? 0;
  const known = calls.findLast((call) => call.index === index);
  const isNew =
    known === undefined || (Boolean(piece.id) && known.id !== '' && piece.id !== known.id);
  const call = isNew ? { index, id: '', name: '', json: '' } : known;
  if (isNew) calls.push(call);
  call.id ||= piece.id ?? '';
  call.name ||= piece.function?.name ?? '';
  const json = piece.function?.arguments ?? '';
  call.json += json;
  received.addInput(calls.indexOf(call), json);
}

const usageOf = (usage: NonNullable<Chunk['usage']>): ModelUsage => {
  const cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    inputTokens: Math.max(0, usage.prompt_tokens - cached),
    outputTokens: usage.completion_tokens,
    cacheReadTokens: cached,
    cacheWriteTokens: 0,
  };
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
