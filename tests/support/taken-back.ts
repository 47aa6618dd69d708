/** Refunds that can be taken back, in a table of a test's own: the refund desk with an undo. */
import { Client } from 'pg';
import { z } from 'zod';
import type { Tool, TransactionalTool } from '../../activities/tool.js';
import { invariant } from '../../runtime/belay-error.js';
import { findCurrentVersion } from '../../store/agents.js';
import { toolSpecOf } from '../../worker/load-agents.js';
import { registerDesk } from './agents.js';
import type { TestDatabase } from './database.js';

export const undoDesk = 'undo-desk';

const takeBack: TransactionalTool<{ orderId: string }> = {
  name: 'take_back_refund',
  description: 'Takes the refund of an order back.',
  args: z.strictObject({ orderId: z.string() }),
  effect: 'transactional',
  retryPolicy: 'desk',
  summary: ({ orderId }) => `take back the refund of order ${orderId}`,
  // Nothing but the ledger keeps it from leaving two rows.
  runInTransaction: async ({ orderId }, sql) => {
    const insert = 'INSERT INTO shop.taken_back (order_id) VALUES ($1) RETURNING seq';
    const [row] = await sql(insert, [orderId]);
    const externalRef = `back_${String(row?.['seq'])}`;
    return { kind: 'done', result: { takenBack: true }, externalRef };
  },
};

/** The usual tools, with refunds that are undone by the tool that takes them back. */
export const withUndo = (tools: readonly Tool[]): readonly Tool[] => [
  ...tools.map((tool): Tool => {
    if (tool.name !== 'issue_refund') return tool;
    const args = (given: unknown) => ({ orderId: (given as { orderId: string }).orderId });
    return { ...tool, undo: { by: 'tool', tool: takeBack.name, args } };
  }),
  takeBack as TransactionalTool<unknown> as Tool,
];

/** Makes the table and registers `undo-desk`, which asks before it takes order `asksFor` back. */
export async function openUndoDesk(test: TestDatabase, asksFor: string): Promise<void> {
  const owner = new Client({ connectionString: test.ownerUrl });
  await owner.connect();
  await owner.query(`
    CREATE TABLE shop.taken_back (seq serial PRIMARY KEY, order_id text NOT NULL);
    GRANT SELECT, INSERT ON shop.taken_back TO belay_runtime;
    GRANT USAGE ON SEQUENCE shop.taken_back_seq_seq TO belay_runtime;`);
  await owner.end();
  await registerDesk(test.database, undoDesk, ({ tools, policy }) => {
    const [first] = policy;
    invariant(first !== undefined, 'the refund desk has a policy');
    const rule = { ...first, approvers: [], quorum: 1, requesterMayDecide: true };
    const when = `tool.name == "${takeBack.name}"`;
    const its = `${when} && args.orderId == "${asksFor}"`;
    return {
      tools: [
        ...tools.map((tool) =>
          tool.name === 'issue_refund' ? { ...tool, undoneBy: takeBack.name } : tool,
        ),
        toolSpecOf(takeBack as TransactionalTool<unknown> as Tool),
      ],
      policy: [
        { ...rule, id: 'asked-for', when: its, decision: 'ask', reason: 'This one asks.' },
        { ...rule, id: 'take-back', when, decision: 'allow', reason: 'Taken back freely.' },
        ...policy,
      ],
    };
  });
  invariant(await findCurrentVersion(test.database, 'default', undoDesk), 'it is registered');
}

/** The orders whose refunds were taken back, in the order in which that happened. */
export async function takenBack({ database }: TestDatabase): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ orderId: string }>(
    'SELECT order_id AS "orderId" FROM shop.taken_back ORDER BY seq',
  );
  return rows.map(({ orderId }) => orderId);
}
