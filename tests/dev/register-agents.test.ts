import { describe, expect, it } from '@jest/globals';
import { registerAgents } from '../../dev/register-agents.js';

const wrong = 'register ended with exit code 1.\n    agents/a/agent.yaml:8:10: limits.turns: …';

/** A start whose registration fails where `problem` says why, with or without agents of before. */
async function startWith(problem: string | null, hadAgents: boolean): Promise<readonly string[]> {
  const lines: string[] = [];
  await registerAgents({
    register: () => (problem === null ? Promise.resolve() : Promise.reject(new Error(problem))),
    hasAgents: async () => hadAgents,
    log: (line) => lines.push(line),
  });
  return lines;
}

describe('agents at a start', () => {
  it('are registered without a word', async () => {
    expect(await startWith(null, false)).toEqual([]);
  });

  it('stay as they were where a file is wrong, and the start goes on and says what', async () => {
    const lines = await startWith(wrong, true);
    expect(lines[0]).toBe(`! agents  ${wrong}`);
    expect(lines[1]).toContain('stay as they were');
  });

  it('end the first start, which has none', async () => {
    await expect(startWith(wrong, false)).rejects.toThrow('limits.turns');
  });
});
