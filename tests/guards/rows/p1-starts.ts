/** P1: what was answered 202 is started. */
import type { Guard } from '../guard.js';

const runs = 'tests/store/runs.integration.test.ts';
const outbox = 'tests/store/outbox.integration.test.ts';

export const startGuards: readonly Guard[] = [
  {
    promise: 'P1',
    guard: 'A run and the order to start it are written in one transaction',
    owner: 'store/runs.ts',
    from: 'const { rowCount } = await database.pool.query(prepared(createRunSql, values));',
    to: `const start = "'start', '{}' FROM free";
  const without = createRunSql.replace(start, start + ' WHERE false');
  const { rowCount } = await database.pool.query(without, values);
  await database.pool.query(
    "INSERT INTO outbox (tenant_id, run_id, kind, payload) VALUES ($1, $2, 'start', '{}')",
    values.slice(0, 2),
  );`,
    test: { file: runs, name: 'is written with its start or not at all' },
  },
  {
    promise: 'P1',
    guard: 'An accepted run has an order to start it',
    owner: 'store/runs.ts',
    from: "SELECT $1, $2, 'start', '{}' FROM free",
    to: "SELECT $1, $2, 'start', '{}' FROM free WHERE $1 = ''",
    test: {
      file: runs,
      name: 'is queued, waits for temporal, and ends at once when it is cancelled',
    },
  },
  {
    promise: 'P1',
    guard: 'A run belongs to the first workflow that opens it',
    owner: 'store/run-lifecycle.ts',
    from: `if (run.firstRunId !== null && run.firstRunId !== engineRunId) return { kind: 'refused' };`,
    to: '',
    test: { file: runs, name: 'belongs to the first workflow of the engine that opens it' },
  },
  {
    promise: 'P1',
    guard: 'A start that arrives after its run was cancelled does nothing',
    owner: 'store/run-lifecycle.ts',
    from: `if (run.ended !== null) return { kind: 'over', status: run.ended };`,
    to: '',
    test: { file: runs, name: 'withdrawn before its start arrives tells a start that arrives' },
  },
  {
    promise: 'P1',
    guard: 'Only a start that was not delivered is withdrawn; after it, the engine is asked',
    owner: 'store/run-lifecycle.ts',
    from: '`SELECT delivered_at IS NULL AS withdrawable FROM outbox',
    to: '`SELECT true AS withdrawable FROM outbox',
    test: { file: runs, name: 'whose start was delivered is cancelled through the engine' },
  },
  {
    promise: 'P1',
    guard: 'What a dead gateway had claimed is delivered by another',
    owner: 'store/outbox.ts',
    from: 'AND (claimed_until IS NULL OR claimed_until < clock_timestamp())',
    to: 'AND claimed_until IS NULL',
    test: { file: outbox, name: 'that a dead gateway holds is taken over by another' },
  },
  {
    promise: 'P1',
    guard: 'A gateway whose lease has ended can no longer say that it delivered',
    owner: 'store/outbox.ts',
    from: `claimed_until = NULL, last_code = NULL, delivered_at = coalesce(delivered_at, $3)
       WHERE tenant_id = $4 AND id = $1 AND claim_token = $2`,
    to: `claimed_until = NULL, last_code = NULL, delivered_at = coalesce(delivered_at, $3)
       WHERE tenant_id = $4 AND id = $1 AND $2::text IS NOT NULL`,
    test: { file: outbox, name: 'whose word alone counts then' },
  },
  {
    promise: 'P1',
    guard: 'What one gateway delivers no other delivers at the same time',
    owner: 'store/outbox.ts',
    from: 'AND (claimed_until IS NULL OR claimed_until < clock_timestamp())',
    to: '',
    test: { file: outbox, name: 'is delivered by one gateway at a time' },
  },
  {
    promise: 'P1',
    guard: 'The start of a run goes out before anything else that is said to it',
    owner: 'store/outbox.ts',
    from: `AND (kind = 'start' OR NOT EXISTS (`,
    to: `AND (true OR NOT EXISTS (`,
    test: { file: outbox, name: 'of an answer goes after the start of its run' },
  },
  {
    promise: 'P1',
    guard: 'The outbox is looked at every second, told or not',
    owner: 'server/deliver.ts',
    from: `    wake();
    timer = setTimeout`,
    to: '    timer = setTimeout',
    test: { file: outbox, name: 'is found without anybody saying that it is there' },
  },
  {
    promise: 'P1',
    guard: 'A start that is delivered again starts no second workflow',
    owner: 'server/temporal-messages.ts',
    from: `workflowIdReusePolicy: 'REJECT_DUPLICATE',`,
    to: `workflowIdReusePolicy: 'ALLOW_DUPLICATE',`,
    test: {
      file: 'tests/server/delivery.integration.test.ts',
      name: 'that is delivered twice is one workflow, also after it has ended',
    },
  },
  {
    promise: 'P1',
    guard: 'An answer is told again until the workflow has taken it',
    owner: 'server/delivery.ts',
    from: `if (row.kind === 'cancel') return acknowledge(database, row);`,
    to: 'if (row.token !== null) return acknowledge(database, row);',
    test: {
      file: 'tests/server/delivery.integration.test.ts',
      name: 'is told until it is taken, each delivery once',
    },
  },
];
