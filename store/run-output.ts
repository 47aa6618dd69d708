/** What a completed run answers with: the text of its last message, and the lists of an unwind. */
import type { ContentBlock } from '../contracts/conversation.js';
import { unwoundBlock, type UnwindLists } from '../contracts/unwind.js';
import type { RunAddress, Sql } from './run-transaction.js';

export interface MessageRow {
  readonly content: string;
}

/** The last message that was received in a run. */
export const lastMessageSql = ({ tenantId, runId }: RunAddress): Sql => [
  `SELECT content FROM message WHERE tenant_id = $1 AND run_id = $2 AND role = 'assistant'
   ORDER BY seq DESC LIMIT 1`,
  tenantId,
  runId,
];

/** The output of a run that ends with this message. */
export function outputOf(messages: readonly MessageRow[]): unknown {
  const blocks = JSON.parse(messages[0]?.content ?? '[]') as ContentBlock[];
  const texts = blocks.flatMap((block) => (block.type === 'text' ? [block.text ?? ''] : []));
  const unwound = blocks.find((block) => block.type === unwoundBlock);
  return { message: texts.join('\n\n'), ...(unwound?.content as UnwindLists | undefined) };
}
