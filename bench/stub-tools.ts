/** The stub as two tools of Belay's: one reads, one pays under a key. */
import { z } from 'zod';
import type { Tool } from '../activities/tool.js';
import type { StubCalls } from './stub-calls.js';

const args = z.strictObject({
  turn: z.int().min(1),
  plan: z.strictObject({ turns: z.int(), modelMs: z.int(), toolMs: z.int(), asks: z.boolean() }),
});
type Args = z.infer<typeof args>;

const dayMs = 24 * 60 * 60 * 1_000;

/** Builds the tools. */
export const createStubTools = (calls: StubCalls): readonly Tool[] => [
  {
    ...tool(calls, 'look_up'),
    effect: 'read',
    retryPolicy: 'quick-read',
  },
  { ...tool(calls, 'pay'), effect: 'keyed', retryPolicy: 'payment', keyRetentionMs: dayMs },
];

const tool = (calls: StubCalls, name: string) => ({
  name,
  description: `Stands for a call to an outside service: ${name}.`,
  args,
  summary: ({ turn }: Args) => `${name} in turn ${turn}`,
  run: async ({ turn, plan }: Args, { runId }: { readonly runId: string }) => ({
    kind: 'done' as const,
    result: await calls.tool(runId, turn, plan),
    externalRef: null,
  }),
});
