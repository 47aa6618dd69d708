import { expect, test } from '@jest/globals';
import { planCall } from '../../activities/plan-call.js';
import type { AgentVersion } from '../../contracts/agent.js';
import type { Digest, RunId } from '../../contracts/ids.js';

const version = {
  digest: '0' as Digest,
  spec: {
    name: 'desk',
    policy: [],
    tools: [
      {
        name: 'count',
        description: 'Counts.',
        argsSchema: { type: 'object' },
        effect: 'read',
        retryPolicy: 'quick-read',
        keyRetentionMs: null,
      },
    ],
  },
} as unknown as AgentVersion;

test('a call over which something throws is denied: the answer of the model is paid for', () => {
  const input = JSON.parse('{"n":1e400}') as Record<string, unknown>;
  const run = {
    runId: 'run_1' as RunId,
    requestedBy: 'otto',
    turn: 1,
    spentMicrosUsd: 0,
    isTainted: false,
    at: '2026-11-28T12:00:00.000Z',
  };
  const block = { type: 'tool_use', id: 'toolu_1', name: 'count', input } as const;
  expect(planCall([], version, run, block)).toMatchObject({
    tool: 'count',
    verdict: 'deny',
    refusal: 'Not made: nothing can be made of these arguments.',
  });
});
