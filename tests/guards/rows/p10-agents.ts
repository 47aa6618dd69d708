/** P4 and P10 for agents as data: what only reads is held to it, and a mistake in a file disturbs nothing. */
import type { Guard } from '../guard.js';

export const agentGuards: readonly Guard[] = [
  {
    promise: 'P4',
    guard: 'The analyst is denied whatever is no read',
    owner: 'agents/analyst/policy.yaml',
    from: 'decision: deny',
    to: 'decision: allow',
    test: {
      file: 'tests/worker/analyst.test.ts',
      name: 'is denied every call that does more than read',
    },
  },
  {
    promise: 'P10',
    guard: 'Where a file of one agent is wrong, no agent is changed',
    owner: 'worker/load-agents.ts',
    from: 'if (problems.length > 0) throw new AgentFileError(problems);',
    to: 'if (problems.length > 0 && results.length === 0) throw new AgentFileError(problems);',
    test: {
      file: 'tests/worker/register.integration.test.ts',
      name: 'changes nothing of any agent where a file of one is wrong',
    },
  },
  {
    promise: 'P10',
    guard: 'A field of an agent that nobody knows is not passed over',
    owner: 'worker/agent-schema.ts',
    from: 'export const agentSchema = z.strictObject({',
    to: 'export const agentSchema = z.object({',
    test: { file: 'tests/worker/agent-file.test.ts', name: 'an unknown field' },
  },
  {
    promise: 'P10',
    guard: 'A mistake in a file ends no start of a stack that has agents',
    owner: 'dev/register-agents.ts',
    from: 'if (!(await hasAgents())) throw error;',
    to: 'await hasAgents();\n    throw error;',
    test: {
      file: 'tests/dev/register-agents.test.ts',
      name: 'stay as they were where a file is wrong',
    },
  },
];
