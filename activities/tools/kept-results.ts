/** The port of the results that were too long to be shown whole. */
import type { CallId, RunId } from '../../contracts/ids.js';

export interface KeptResults {
  /**
   * A part of the result of a call of this run, and how many characters the whole has; null where
   * none is kept. Rejects only when Postgres cannot be asked.
   */
  read(
    run: { readonly tenantId: string; readonly runId: RunId },
    callId: CallId,
    offset: number,
    characters: number,
  ): Promise<{ readonly text: string; readonly characters: number } | null>;
}
