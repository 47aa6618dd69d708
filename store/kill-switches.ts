/** Kill switches: all effects, those of an agent or those of a tool, held at the point of no return. */
import type { CallId } from '../contracts/ids.js';
import type { RunAddress, Sql } from './run-transaction.js';

export interface SwitchRow {
  readonly id: number;
}

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
