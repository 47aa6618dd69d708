/**
 * Sums up a conversation where the request lets it call nothing, and reads such a summary back: what
 * the tools returned, as data. The planner never sees that a conversation was summed up in between.
 */
import { z } from 'zod';
import { blocksOf, type ContentBlock } from '../../contracts/conversation.js';
import type { ConversationMessage } from '../../contracts/conversation.js';
import { asksForOrder, textOf } from './faults.js';
import type { Plan } from './plan.js';

const factSchema = z.strictObject({
  name: z.string(),
  input: z.unknown(),
  content: z.unknown(),
  isError: z.boolean(),
});
/** One call that was answered. */
export type Fact = z.infer<typeof factSchema>;

const latestFacts = 4;
const fence = { opening: '```facts\n', closing: '\n```' } as const;

/** The turn that answers a request for a summary. */
export function sumUp(messages: readonly ConversationMessage[]): Plan {
  const all = factsOf(unfold(messages));
  // Whoever works in order needs to know no more than where it was.
  const facts = asksForOrder(textOf(messages[0])) ? all.slice(-latestFacts) : all;
  return {
    text: `What the tools returned so far:\n${fence.opening}${JSON.stringify(facts)}${fence.closing}`,
    calls: [],
  };
}

/** The conversation with the calls that its first message sums up, as if they stood in it. */
export function unfold(messages: readonly ConversationMessage[]): readonly ConversationMessage[] {
  const [first, ...rest] = messages;
  if (first === undefined) return messages;
  const [asked, ...told] = blocksOf(first);
  if (asked?.type !== 'text' || told.length === 0) return messages;
  const summed = told.flatMap(({ text = '' }) => factsIn(text));
  const known = new Set(summed.map(whatOf));
  const besides = told.flatMap(({ text = '' }) => toldCallsIn(text));
  const facts = [...besides.filter((fact) => !known.has(whatOf(fact))), ...summed];
  const calls = facts.map(({ name, input }, index): ContentBlock => {
    return { type: 'tool_use', id: `summed_${index}`, name, input };
  });
  const results = facts.map(({ content, isError }, index): ContentBlock => ({
    type: 'tool_result',
    tool_use_id: `summed_${index}`,
    content,
    is_error: isError,
  }));
  // People wrote its first block; the others are the summary and what goes with it.
  const task = { role: 'user', content: [asked] } as const;
  if (facts.length === 0) return [task, ...rest];
  return [task, { role: 'assistant', content: calls }, { role: 'user', content: results }, ...rest];
}

/** Every call that was answered, in order. */
export function factsOf(messages: readonly ConversationMessage[]): Fact[] {
  const calls = new Map<string, ContentBlock>();
  const facts: Fact[] = [];
  for (const block of messages.flatMap((message) => [...blocksOf(message)])) {
    if (block.type === 'tool_use') calls.set(block.id ?? '', block);
    const call = block.type === 'tool_result' ? calls.get(block.tool_use_id ?? '') : undefined;
    if (call === undefined) continue;
    const { name = '', input } = call;
    facts.push({ name, input, content: block.content ?? '', isError: block.is_error === true });
  }
  return facts;
}

const whatOf = ({ name, input }: Fact): string => JSON.stringify([name, input]);

/** A call as the agent's own ledger tells it: `- id: tool {…} → outcome: result`. */
const toldCall = /^- \S+: (?<name>\w+) (?<input>\{.*\}) → (?<outcome>\w+): (?<content>.*)$/gmu;

/** The calls that a message tells of beside its summary. What is cut in it is not known. */
function toldCallsIn(text: string): Fact[] {
  return [...text.matchAll(toldCall)].flatMap(({ groups: told }) => {
    const { name = '', input = '', outcome, content = '' } = told ?? {};
    if (content.includes(' characters left out…] ')) return [];
    try {
      const isError = outcome !== 'succeeded';
      return [{ name, input: JSON.parse(input) as unknown, content, isError }];
    } catch {
      return [];
    }
  });
}

function factsIn(text: string): Fact[] {
  const from = text.indexOf(fence.opening);
  if (from < 0) return [];
  const to = text.indexOf(fence.closing, from);
  try {
    const json = text.slice(from + fence.opening.length, to < 0 ? text.length : to);
    return z.array(factSchema).parse(JSON.parse(json));
  } catch {
    // Cut, or not ours.
    return [];
  }
}
