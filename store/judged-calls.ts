/** Calls with what their rules saw and said: the history that a policy is tried on. */
import type { Verdict } from '../contracts/call.js';
import type { CallId, Digest, RunId } from '../contracts/ids.js';
import type { Database } from './database.js';

/** A call as it was judged last: with its arguments before anybody changed them. */
export interface JudgedCallRow {
  readonly callId: CallId;
  readonly runId: RunId;
  readonly tool: string;
  readonly title: string;
  readonly argsDigest: Digest;
  readonly agentVersion: Digest;
  readonly verdict: Verdict;
  readonly rule: string;
  /** JSON text; null where it is larger than was asked for. */
  readonly args: string | null;
  /** What the rules saw beside the arguments, as JSON text; null where none was asked. */
  readonly ruleInputs: string | null;
}

export interface JudgedCallsQuery {
  readonly tenantId: string;
  readonly agent: string;
  readonly last: number;
  /** Of larger arguments only the digest is read. */
  readonly argumentBytes: number;
}

/** The last calls that an agent planned, the newest first. */
export async function listJudgedCalls(
  database: Database,
  { tenantId, agent, last, argumentBytes }: JudgedCallsQuery,
): Promise<readonly JudgedCallRow[]> {
  const { rows } = await database.pool.query<JudgedCallRow>(callsSql, [
    tenantId,
    agent,
    last,
    argumentBytes,
  ]);
  return rows;
}

/**
 * Under a standing grant its rule asked, and was answered beforehand. Ids begin with the time.
 * A question keeps the arguments that its call was judged by.
 */
const callsSql = `
  SELECT call.id AS "callId", call.run_id AS "runId", call.tool, call.title,
    coalesce(asked.args_digest, call.args_digest) AS "argsDigest",
    run.agent_version AS "agentVersion", call.rule,
    CASE WHEN call.grant_id IS NULL THEN call.verdict ELSE 'ask' END AS verdict,
    call.rule_inputs AS "ruleInputs",
    CASE WHEN octet_length(coalesce(asked.args, call.args)) <= $4
      THEN coalesce(asked.args, call.args) END AS args
  FROM call
  JOIN run ON run.tenant_id = call.tenant_id AND run.id = call.run_id
  LEFT JOIN LATERAL (
    SELECT original_args AS args, original_args_digest AS args_digest FROM approval
    WHERE approval.tenant_id = call.tenant_id AND approval.run_id = call.run_id
      AND approval.call_id = call.id
    ORDER BY requested_at DESC, id DESC LIMIT 1) AS asked ON true
  WHERE call.tenant_id = $1 AND run.agent = $2
  ORDER BY call.id DESC LIMIT $3`;
