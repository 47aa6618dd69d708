/** Taint: what a run does after it read what strangers wrote may be their wish, and not ours. */
import type { OpenCallRow } from './calls.js';
import type { RunTransaction } from './run-transaction.js';

/** From here on the run may act on what strangers wrote: leave that its rules give asks (P4). */
export function taintRun(
  { run, now, write, append }: RunTransaction,
  { id, tool }: Pick<OpenCallRow, 'id' | 'tool'>,
): void {
  if (run.taintedAt !== null) return;
  write(
    'UPDATE run SET tainted_at = $3, tainted_by = $4 WHERE tenant_id = $1 AND id = $2',
    run.tenantId,
    run.id,
    now,
    id,
  );
  append({ type: 'run-tainted', key: 'run-tainted', data: { callId: id, tool } });
}
