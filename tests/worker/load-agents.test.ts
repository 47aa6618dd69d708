import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Tool } from '../../activities/tool.js';
import { checkArguments } from '../../policy/arguments.js';
import { unconnectedTools as tools } from '../support/unconnected-tools.js';
import { AgentFileError } from '../../worker/agent-file-error.js';
import { loadAgents } from '../../worker/load-agents.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'belay-agents-'));
  cpSync(join(__dirname, '../../agents'), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const desk = () => loadAgents(folder, tools).find(({ spec }) => spec.name === 'refund-desk');
const agentFile = () => join(folder, 'refund-desk', 'agent.yaml');
function change(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

function problems(withTools = tools): readonly string[] {
  try {
    loadAgents(folder, withTools);
  } catch (error) {
    if (error instanceof AgentFileError) return error.problems;
    throw error;
  }
  return [];
}

describe('loading agents', () => {
  test('reads the refund desk with its tools, policy and limits', () => {
    const version = desk();
    expect(version?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(version?.spec).toMatchObject({
      name: 'refund-desk',
      models: [
        { provider: 'anthropic', model: 'claude-haiku-5-5' },
        { provider: 'anthropic', model: 'claude-sonnet-5-5' },
      ],
      limits: { turns: 20 },
    });
    expect(version?.spec.tools.map(({ name, effect }) => [name, effect])).toEqual([
      ['lookup_order', 'read'],
      ['issue_refund', 'keyed'],
      ['send_email', 'unsafe'],
      ['set_order_status', 'transactional'],
      ['create_ticket', 'reconcilable'],
      ['put_note', 'idempotent'],
      // Every agent can read on in what its tools return.
      ['read_result', 'read'],
    ]);
    expect(version?.spec.policy).toHaveLength(6);
  });

  test('gives schemas that take what the tools take, and refuse unknown keys', () => {
    const refund = desk()?.spec.tools[1]?.argsSchema ?? {};
    const args = { orderId: '42', amountCents: 18_000, currency: 'EUR', reason: 'broken' };
    expect(checkArguments(refund, args)).toEqual([]);
    expect(checkArguments(refund, { ...args, amountCents: 1.5 })).toHaveLength(1);
    expect(checkArguments(refund, { ...args, charge: 'ch_1' })).toHaveLength(1);
  });

  test('takes a message of up to 4000 characters that is not blank, and nothing else', () => {
    const schema = desk()?.spec.inputSchema ?? {};
    expect(checkArguments(schema, { message: 'x'.repeat(4_000) })).toEqual([]);
    expect(checkArguments(schema, { message: 'x'.repeat(4_001) })).toHaveLength(1);
    expect(checkArguments(schema, { message: ' ' })).toHaveLength(1);
    expect(checkArguments(schema, { message: 'x', more: 1 })).toHaveLength(1);
  });

  test.each(['agent.yaml', 'instructions.md', 'policy.yaml'])(
    'gives the same digest for the same files and another when %s changes',
    (name) => {
      const before = desk()?.digest;
      expect(desk()?.digest).toBe(before);
      const file = join(folder, 'refund-desk', name);
      if (name === 'agent.yaml') change(file, 'Refund desk', 'Refunds');
      if (name === 'instructions.md') change(file, 'one message', 'a message');
      if (name === 'policy.yaml') change(file, '5000 ', '5001 ');
      expect(desk()?.digest).not.toBe(before);
    },
  );

  test('says which tool is unknown, which was meant and which there are', () => {
    change(agentFile(), 'issue_refund', 'issue_refnd');
    const [problem, ...more] = problems();
    expect(problem).toContain(
      `${agentFile()}:18:5: tools.1: "issue_refnd" is no tool: is issue_refund meant? There are ` +
        tools.map(({ name }) => name).join(', '),
    );
    expect(more).toEqual([]);
  });

  test('refuses a keyed tool that does not say how long its service remembers keys', () => {
    const forgetful = tools.map((tool) => ({ ...tool, keyRetentionMs: null }) as unknown as Tool);
    expect(problems(forgetful)[0]).toContain('tools.1: issue_refund is keyed');
  });

  test('lists the problems of every file of every agent at once', () => {
    rmSync(join(folder, 'refund-desk', 'instructions.md'));
    rmSync(join(folder, 'analyst', 'policy.yaml'));
    change(join(folder, 'refund-desk', 'policy.yaml'), 'tool.name', 'tol.name');
    change(agentFile(), 'name: refund-desk', 'name: refunds');
    change(agentFile(), 'turns: 20', 'turns: 1001');
    const heads = problems().map((problem) => problem.split('\n')[0]?.slice(folder.length + 1));
    expect(heads).toEqual([
      'analyst/policy.yaml: is missing: write [] for a policy without rules',
      expect.stringMatching(/^refund-desk\/agent.yaml:2:7: name: refunds is not the name of its/),
      'refund-desk/agent.yaml:26:10: limits.turns: must be at most 1000; it is 1001',
      'refund-desk/instructions.md: is missing: it tells the model what to do',
      'refund-desk/policy.yaml:3: rule refund-large: when: Unknown variable: tol',
    ]);
  });

  test('refuses instructions that say nothing', () => {
    writeFileSync(join(folder, 'refund-desk', 'instructions.md'), ' \n');
    expect(problems()[0]).toContain('instructions.md: is empty');
  });

  test('refuses a folder that says it is another agent, so that no two have one name', () => {
    cpSync(join(folder, 'refund-desk'), join(folder, 'copied-desk'), { recursive: true });
    const [problem, ...more] = problems();
    expect(problem).toContain(
      'copied-desk/agent.yaml:2:7: name: refund-desk is not the name of its folder, copied-desk',
    );
    expect(more).toEqual([]);
  });
});
