/** What the model stand-in charged, in money: by the price list as people read it. */
import type { JournalEntry } from '../../stand-ins/model/journal-entry.js';
import type { TestStack } from '../support/stack.js';

/** The model's journal of a run. */
export const journalOf = async (
  { model }: Pick<TestStack, 'model'>,
  runId: string,
): Promise<readonly JournalEntry[]> => {
  const answer = await fetch(`${model.url}/journal?user=${runId}`);
  return ((await answer.json()) as { data: readonly JournalEntry[] }).data;
};

/** USD per million tokens, as the price list says. */
const prices: Readonly<
  Record<string, Readonly<Record<'input' | 'write' | 'read' | 'output', number>>>
> = {
  'claude-haiku-5-5': { input: 0.1, write: 0.125, read: 0.01, output: 0.5 },
  'claude-sonnet-5-5': { input: 2, write: 2.5, read: 0.1, output: 10 },
};

/** What the stand-in charged for a request, in millionths of a dollar; each bill is rounded up. */
export function billed({ charged, model }: JournalEntry): number {
  const price = prices[model ?? ''];
  if (charged === null || price === undefined) return 0;
  const sum =
    charged.input_tokens * price.input +
    charged.cache_creation_input_tokens * price.write +
    charged.cache_read_input_tokens * price.read +
    charged.output_tokens * price.output;
  return Math.ceil(Number(sum.toFixed(6)));
}
