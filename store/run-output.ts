/** What a completed run answers with: the text of its last answer, and the lists of an unwind. */
import type { ContentBlock } from '../contracts/conversation.js';
import { unwoundBlock, type UnwindLists } from '../contracts/unwind.js';
import type { RunAddress, Sql } from './run-transaction.js';

export interface MessageRow {
  readonly content: string;
}

/**
 * The messages that make up the last answer: the last one that was received, and before it those
 * that were cut in their text or paused, which it goes on from.
 */
export const answerSql = ({ tenantId, runId }: RunAddress): Sql => [
  `SELECT content FROM message WHERE tenant_id = $1 AND run_id = $2 AND role = 'assistant'
     AND turn > coalesce((SELECT max(turn) FROM turn WHERE tenant_id = $1 AND run_id = $2
                            AND stop NOT IN ('final', 'cut', 'paused')), 0)
   ORDER BY seq`,
  tenantId,
  runId,
];

/** The output of a run that ends with these messages. */
export function outputOf(messages: readonly MessageRow[]): unknown {
  const contents = messages.map(({ content }) => JSON.parse(content) as ContentBlock[]);
  // What was cut goes on in the middle of a sentence.
  const message = contents.map(textOf).join('');
  const unwound = contents.flat().find((block) => block.type === unwoundBlock);
  return { message, ...(unwound?.content as UnwindLists | undefined) };
}

const textOf = (blocks: readonly ContentBlock[]): string =>
  blocks.flatMap((block) => (block.type === 'text' ? [block.text ?? ''] : [])).join('\n\n');
