/** What the calls of a conversation came to, and what is still to be read of a result that was cut. */
import { z } from 'zod';
import type { ConversationMessage } from '../../../contracts/conversation.js';
import { jsonOf, textsOf } from '../facts.js';
import type { PlannedCall } from '../plan.js';
import { factsOf } from '../summary.js';

export type Result =
  | { readonly kind: 'done'; readonly value: unknown }
  /** An error, or people's or the policy's no: the sentence that says why. */
  | { readonly kind: 'refused'; readonly text: string };

export interface Results {
  /** Null where the call was not answered yet. */
  of(call: PlannedCall): Result | null;
  /**
   * The whole of a result that was cut, put together from what was read on in it; or the call that
   * reads on. Null where it can't be read to its end.
   */
  whole(value: unknown): { readonly value: unknown } | PlannedCall | null;
}

const cutSchema = z.object({ beginning: z.string(), rest: z.string() });
const readOnSchema = z.object({ call: z.string(), offset: z.int() });
const pageSchema = z.object({ text: z.string(), nextOffset: z.int().optional() });

/** Collects the results; of two for the same call the last counts. */
export function readResults(messages: readonly ConversationMessage[]): Results {
  const results = new Map<string, Result>();
  for (const { name, input, content, isError } of factsOf(messages)) {
    const texts = textsOf(content);
    const text = texts.join(' ');
    const isNo = isError || text.startsWith('Not made');
    const value = texts.map(jsonOf).find((each) => each !== null);
    results.set(
      keyOf({ name, input: input as PlannedCall['input'] }),
      isNo || value === undefined ? { kind: 'refused', text } : { kind: 'done', value },
    );
  }
  const of = (call: PlannedCall): Result | null => results.get(keyOf(call)) ?? null;
  return { of, whole: (value) => wholeOf(value, of) };
}

function wholeOf(value: unknown, of: Results['of']): ReturnType<Results['whole']> {
  const cut = cutSchema.safeParse(value).data;
  if (cut === undefined) return { value };
  let next = readOnSchema.safeParse(jsonOf(/\{.*\}/.exec(cut.rest)?.[0] ?? '')).data;
  let text = cut.beginning;
  while (next !== undefined) {
    const call = { name: 'read_result', input: { call: next.call, offset: next.offset } };
    const result = of(call);
    if (result === null) return call;
    const page = result.kind === 'done' ? pageSchema.safeParse(result.value).data : undefined;
    // A page that leads nowhere further would be read for ever.
    if (page === undefined || (page.nextOffset ?? Infinity) <= next.offset) return null;
    text += page.text;
    next = page.nextOffset === undefined ? undefined : { ...next, offset: page.nextOffset };
  }
  const whole = jsonOf(text);
  return whole === null ? null : { value: whole };
}

/** Equal for calls that are the same: keys come as the planner writes them. */
const keyOf = ({ name, input }: PlannedCall): string =>
  JSON.stringify([
    name,
    Object.entries(input).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  ]);
