/** One tool of each class, each against the service that its class needs, and two with a business key. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { Context } from '@temporalio/activity';
import { z } from 'zod';
import type { Tool, ToolContext } from '../../../activities/tool.js';
import type { EffectClass } from '../../../contracts/effect.js';
import { ask, carryOut } from './client.js';
import { sinkFaults } from './journal.js';
import { sinkVisibilityLagMs } from './server.js';

/** The tool of each class. */
export const toolOfClass = {
  read: 'read_thing',
  idempotent: 'put_thing',
  keyed: 'post_keyed',
  reconcilable: 'post_findable',
  transactional: 'insert_row',
  unsafe: 'post_naive',
} as const satisfies Record<EffectClass, string>;

const args = z.strictObject({
  reference: z.string().min(1),
  value: z.string().optional(),
  fault: z.enum(sinkFaults).optional(),
  faults: z.int().optional(),
  /** The process stands still at its first attempt, after its last look at the clock; the file says so. */
  stopsBeforeSending: z.string().optional(),
});
type Args = z.infer<typeof args>;

const hour = 3_600_000;
/** How long a business key holds. */
export const businessWindowMs = hour;

/** Builds them. They stand in no agent's folder: `register.ts` gives them to an agent of tests. */
export function createSinkTools(sinkUrl: string): readonly Tool[] {
  const facts = (name: string) => ({
    name,
    description: `Does it in the way of ${name}.`,
    args,
    summary: ({ reference }: Args) => `${name} ${reference}`,
  });
  const send = (method: 'POST' | 'PUT', path: string) => (order: Args, context: ToolContext) =>
    carryOut(sinkUrl, { method, path, order, onTime: () => standStill(order) }, context);
  const keyed = {
    effect: 'keyed',
    retryPolicy: 'desk',
    keyRetentionMs: 48 * hour,
    run: send('POST', '/keyed'),
  } as const;
  const business = {
    scope: 'agent',
    withinMs: businessWindowMs,
    of: ({ reference }: Args) => reference,
  } as const;
  const tools: readonly Tool<Args>[] = [
    {
      ...facts(toolOfClass.read),
      effect: 'read',
      retryPolicy: 'quick-read',
      run: ({ reference }, context) =>
        carryOut(sinkUrl, { method: 'GET', path: `/read/${reference}` }, context),
    },
    {
      ...facts(toolOfClass.idempotent),
      effect: 'idempotent',
      retryPolicy: 'desk',
      run: send('PUT', '/put'),
    },
    { ...facts(toolOfClass.keyed), ...keyed },
    {
      ...facts(toolOfClass.reconcilable),
      effect: 'reconcilable',
      retryPolicy: 'desk',
      visibilityLagMs: sinkVisibilityLagMs + 500,
      run: send('POST', '/findable'),
      find: (_order, context) => find(sinkUrl, context),
    },
    {
      ...facts(toolOfClass.transactional),
      effect: 'transactional',
      retryPolicy: 'sql',
      runInTransaction: async ({ reference }, query) => {
        const sql = 'INSERT INTO sink_row (reference) VALUES ($1) RETURNING id, reference';
        const [row] = await query(sql, [reference]);
        return { kind: 'done', result: row, externalRef: String(row?.['id']) };
      },
    },
    {
      ...facts(toolOfClass.unsafe),
      effect: 'unsafe',
      retryPolicy: 'mail',
      run: send('POST', '/naive'),
    },
    { ...facts('book_once'), ...keyed, businessKey: { ...business, onRepeat: 'reuse' } },
    { ...facts('book_asking'), ...keyed, businessKey: { ...business, onRepeat: 'ask' } },
  ];
  return tools as readonly Tool[];
}

function standStill({ stopsBeforeSending: file }: Args): void {
  if (file === undefined || Context.current().info.attempt > 1) return;
  writeFileSync(file, '');
  process.kill(process.pid, 'SIGSTOP');
}

async function find(sinkUrl: string, context: ToolContext) {
  const path = `/findable/${context.effectKey}`;
  const { body } = await ask(sinkUrl, { method: 'GET', path }, context);
  const [first] = body['data'] as readonly { readonly id: string; readonly reference: string }[];
  if (first === undefined) return { kind: 'absent' } as const;
  const { id, reference } = first;
  return { kind: 'found', result: { id, reference }, externalRef: id } as const;
}
