/**
 * The messages of a request as they go over the wire: the stored bytes, with cache breakpoints written
 * into them on the way out. Pure.
 */
import { blocksOf, type ContentBlock } from '../../contracts/conversation.js';
import type { SentMessage } from './model.js';

/** What a breakpoint is. The provider keeps everything up to it for five minutes after each use. */
export const breakpoint = { type: 'ephemeral' } as const;
const mark = `"cache_control":${JSON.stringify(breakpoint)}`;

/** The messages as JSON text. Without the breakpoints, a longer conversation begins with a shorter. */
export function messagesJson(messages: readonly SentMessage[]): string {
  const marked = breakpointsOf(messages);
  const texts = messages.map((message, at) => {
    const json = message.json ?? JSON.stringify(blocksOf(message));
    const blocks = marked.filter((place) => place.message === at).map(({ block }) => block);
    return `{"role":${JSON.stringify(message.role)},"content":${markBlocks(json, blocks)}}`;
  });
  return `[${texts.join(',')}]`;
}

export interface Breakpoint {
  readonly message: number;
  readonly block: number;
}

/** A breakpoint finds what was kept at most 20 blocks before it. */
const blocksBetween = 15;

/**
 * Where breakpoints go: on the last block, and on one in the middle where the newest turn is too long
 * for the last to find what the turn before kept. At most two: tools and instructions take the others.
 */
export function breakpointsOf(messages: readonly SentMessage[]): readonly Breakpoint[] {
  const places = messages.flatMap((message, at) =>
    blocksOf(message).map((block, index) => ({ message: at, block: index, of: block })),
  );
  // What was not sent before: the last answer, and what follows it.
  const known = messages.findLastIndex(
    ({ role }, at) => role === 'user' && messages.slice(at).some((m) => m.role === 'assistant'),
  );
  const fresh = places.filter((place) => place.message > known);
  const last = lastMarkable(places);
  if (last === undefined) return [];
  const middle =
    known >= 0 && fresh.length > blocksBetween
      ? lastMarkable(fresh.slice(0, blocksBetween))
      : undefined;
  return [...(middle === undefined ? [] : [middle]), last].map(({ message, block }) => ({
    message,
    block,
  }));
}

/** The API refuses a breakpoint on what a model thought. */
const isMarkable = ({ type }: ContentBlock): boolean =>
  type !== 'thinking' && type !== 'redacted_thinking';

const lastMarkable = <Place extends { readonly of: ContentBlock }>(
  places: readonly Place[],
): Place | undefined => places.findLast(({ of }) => isMarkable(of));

/** Writes a breakpoint into blocks of an array of objects, and leaves every other byte as it is. */
function markBlocks(json: string, blocks: readonly number[]): string {
  if (blocks.length === 0) return json;
  const ends = blockEnds(json);
  let text = '';
  let from = 0;
  for (const block of [...blocks].toSorted((a, b) => a - b)) {
    const end = ends[block];
    if (end === undefined) continue;
    text += `${json.slice(from, end)},${mark}`;
    from = end;
  }
  return text + json.slice(from);
}

/** Where the closing braces of an array's objects stand. */
function blockEnds(json: string): number[] {
  const ends: number[] = [];
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '"') at = stringEnd(json, at);
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 1) ends.push(at);
    }
  }
  return ends;
}

function stringEnd(json: string, from: number): number {
  for (let at = from + 1; at < json.length; at += 1) {
    if (json[at] === '\\') at += 1;
    else if (json[at] === '"') return at;
  }
  return json.length;
}
