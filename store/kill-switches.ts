/** Kill switches: all effects, those of an agent or those of a tool, held at the point of no return. */
import type { CallId } from '../contracts/ids.js';
import type { RetryNote } from '../contracts/call.js';
import type { OpenCallRow } from './calls.js';
import type { RunAddress, RunTransaction, Sql } from './run-transaction.js';

export interface SwitchRow {
  readonly id: number;
}

/** No switch is set between this and the commit. */
export const holdSwitchesSql = ({ tenantId }: Pick<RunAddress, 'tenantId'>): Sql => [
  `SELECT pg_advisory_xact_lock_shared(hashtextextended('kill-switch:' || $1, 0))`,
  tenantId,
];

/** Waits for all that has seen no switch to commit; what begins later sees the new one. */
export const changeSwitchesSql = ({ tenantId }: Pick<RunAddress, 'tenantId'>): Sql => [
  `SELECT pg_advisory_xact_lock(hashtextextended('kill-switch:' || $1, 0))`,
  tenantId,
];

/** The switches that hold this call. */
export const switchesOfCallSql = ({ tenantId, runId }: RunAddress, callId: CallId): Sql => [
  `SELECT kill_switch.id FROM call
   JOIN run ON run.tenant_id = call.tenant_id AND run.id = call.run_id
   JOIN kill_switch ON kill_switch.tenant_id = call.tenant_id AND lifted_at IS NULL
     AND (scope = 'all' OR (scope = 'tool' AND name = call.tool)
       OR (scope = 'agent' AND name = run.agent))
   WHERE call.tenant_id = $1 AND call.run_id = $2 AND call.id = $3`,
  tenantId,
  runId,
  callId,
];

/** Says that a kill switch holds the call: once, since looking again tells nothing new. */
export function noteHeld(
  { run, now, write, append }: RunTransaction,
  call: Pick<OpenCallRow, 'id' | 'attempts' | 'retryCode'>,
): void {
  const code = 'kill-switch-on';
  if (call.retryCode === code) return;
  const retry: RetryNote = { code, attempt: call.attempts, since: now, until: null };
  write(
    'UPDATE call SET retry = $3::jsonb WHERE tenant_id = $1 AND id = $2',
    run.tenantId,
    call.id,
    JSON.stringify(retry),
  );
  append({
    type: 'call-retrying',
    key: `call-held:${call.id}:${now}`,
    data: { callId: call.id, attempt: call.attempts, code, until: null },
  });
}
