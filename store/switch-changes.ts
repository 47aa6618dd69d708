/** Kill switches as people set, lift and read them. One of a name is on at a time. */
import type { KillSwitchView, SwitchScope, SwitchState } from '../contracts/kill-switch.js';
import { BelayError, invariant } from '../runtime/belay-error.js';
import { answerOnce, type Answered, type AnswerOf } from './answer-once.js';
import type { Database } from './database.js';
import type { IdempotencyClaim } from './idempotency.js';
import { changeSwitchesSql } from './kill-switches.js';
import { rfc3339 } from './rfc3339.js';

/** A kill switch without its links. */
export type SwitchRecord = Omit<KillSwitchView, 'links'>;

const columns = `id::int AS id, scope, nullif(name, '') AS name, reason, set_by AS "setBy",
  CASE WHEN lifted_at IS NULL THEN 'on' ELSE 'lifted' END AS state,
  ${rfc3339('set_at')} AS "setAt", lifted_by AS "liftedBy", lift_reason AS "liftReason",
  ${rfc3339('lifted_at')} AS "liftedAt"`;

export interface SwitchFilter {
  readonly tenantId: string;
  readonly state?: SwitchState;
  readonly limit: number;
  /** The last switch of the page before. */
  readonly after?: { readonly state: SwitchState; readonly id: number };
}

/** Kill switches: those that are on first, and of each kind the newest first. */
export async function listSwitches(
  database: Database,
  { tenantId, state, limit, after }: SwitchFilter,
): Promise<readonly SwitchRecord[]> {
  const place = [after?.state === 'lifted', after?.id ?? null];
  const { rows } = await database.pool.query<SwitchRecord>(
    `SELECT ${columns} FROM kill_switch
     WHERE tenant_id = $1 AND ($2::text IS NULL OR ($2 = 'lifted') = (lifted_at IS NOT NULL))
       AND ($5::bigint IS NULL OR (lifted_at IS NOT NULL, -id) > ($4::boolean, -$5::bigint))
     ORDER BY lifted_at IS NOT NULL, id DESC LIMIT $3`,
    [tenantId, state ?? null, limit, ...place],
  );
  return rows;
}

/** What a switch can name, in order. Of tools, those of every version: runs are pinned to old ones. */
export async function namesOf(
  database: Database,
  tenantId: string,
  scope: Exclude<SwitchScope, 'all'>,
): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ name: string }>(nameSql[scope], [tenantId]);
  return rows.map(({ name }) => name);
}

const nameSql = {
  agent: 'SELECT name FROM agent WHERE tenant_id = $1 ORDER BY name',
  tool: `SELECT DISTINCT tool->>'name' AS name
         FROM agent_version, json_array_elements(spec::json->'tools') AS tool
         WHERE tenant_id = $1 ORDER BY name`,
} as const;

export interface NewSwitch {
  readonly tenantId: string;
  readonly scope: SwitchScope;
  readonly name: string | null;
  readonly reason: string;
  readonly by: string;
}

/** Sets a switch: from its commit on nothing new passes it. Throws `kill-switch-set`. */
export const setSwitch = (
  database: Database,
  fresh: NewSwitch,
  key: IdempotencyClaim | null,
  answerOf: AnswerOf<SwitchRecord>,
): Promise<Answered<SwitchRecord>> =>
  answerOnce(database, key, answerOf, async (client) => {
    const name = fresh.name ?? '';
    const [lockText, ...lockValues] = changeSwitchesSql(fresh);
    await client.query(lockText, lockValues);
    const { rows } = await client.query<SwitchRecord>(
      `INSERT INTO kill_switch (tenant_id, scope, name, reason, set_by)
       VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (tenant_id, scope, name) WHERE lifted_at IS NULL DO NOTHING
       RETURNING ${columns}`,
      [fresh.tenantId, fresh.scope, name, fresh.reason, fresh.by],
    );
    if (rows[0] !== undefined) return rows[0];
    const first = await client.query<SwitchRecord>(
      `SELECT ${columns} FROM kill_switch
       WHERE tenant_id = $1 AND scope = $2 AND name = $3 ORDER BY id DESC LIMIT 1`,
      [fresh.tenantId, fresh.scope, name],
    );
    const [earlier] = first.rows;
    invariant(earlier !== undefined, 'a switch that is in the way has a row');
    const { id, setBy, setAt, reason } = earlier;
    throw new BelayError('kill-switch-set', {
      detail: `${setBy} set it at ${setAt}: ${reason}`,
      extra: { currentStatus: 'on', decidedBy: setBy, decidedAt: setAt, decision: 'set', id },
    });
  });

export interface NewLift {
  readonly tenantId: string;
  readonly id: number;
  readonly reason: string;
  readonly by: string;
}

/** Lifts a switch; what it held goes on by itself. Throws `not-found` or `kill-switch-lifted`. */
export const liftSwitch = (
  database: Database,
  { tenantId, id, reason, by }: NewLift,
  key: IdempotencyClaim | null,
  answerOf: AnswerOf<SwitchRecord>,
): Promise<Answered<SwitchRecord>> =>
  answerOnce(database, key, answerOf, async (client) => {
    const { rows } = await client.query<SwitchRecord>(
      `UPDATE kill_switch SET lifted_by = $3, lift_reason = $4, lifted_at = clock_timestamp()
       WHERE tenant_id = $1 AND id = $2 AND lifted_at IS NULL RETURNING ${columns}`,
      [tenantId, id, by, reason],
    );
    if (rows[0] !== undefined) return rows[0];
    const found = await client.query<SwitchRecord>(
      `SELECT ${columns} FROM kill_switch WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id],
    );
    const [lifted] = found.rows;
    if (lifted === undefined) throw new BelayError('not-found');
    const { liftedBy, liftedAt, liftReason } = lifted;
    throw new BelayError('kill-switch-lifted', {
      detail: `${liftedBy} lifted it at ${liftedAt}: ${liftReason}`,
      extra: {
        currentStatus: 'lifted',
        decidedBy: liftedBy,
        decidedAt: liftedAt,
        decision: 'lifted',
      },
    });
  });
