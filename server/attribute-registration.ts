/** Search attributes in a namespace that nobody prepared: tried once in a while, never required. */
import type { Connection } from '@temporalio/client';
import { searchAttributes } from '../contracts/search-attributes.js';
import type { Log } from '../runtime/log.js';

/** From Temporal's API: IndexedValueType. */
const valueTypes = { Keyword: 2, KeywordList: 7 } as const;

/** Registers what is missing. Where that is not allowed (Temporal Cloud), says so and goes on. */
export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
  log: Log,
): Promise<void> {
  try {
    const { operatorService } = connection;
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = Object.values(searchAttributes).filter(({ name }) => !customAttributes?.[name]);
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(
        missing.map(({ name, kind }) => [name, valueTypes[kind]]),
      ),
    });
  } catch {
    log.warn('The search attributes can not be registered: runs start without them');
  }
}
