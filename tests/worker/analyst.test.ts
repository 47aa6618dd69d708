import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { effectClasses, type EffectClass } from '../../contracts/effect.js';
import type { RunId } from '../../contracts/ids.js';
import { largestAgentLimits } from '../../contracts/limits.js';
import { createJudge } from '../../policy/judge.js';
import { invariant } from '../../runtime/belay-error.js';
import { digestOf } from '../../runtime/digest.js';
import { projectRoot } from '../../runtime/project-root.js';
import { loadAgents } from '../../worker/load-agents.js';
import { unconnectedTools } from '../support/unconnected-tools.js';

const agents = loadAgents(path.join(projectRoot, 'agents'), unconnectedTools);
const version = agents.find(({ spec }) => spec.name === 'analyst');
invariant(version !== undefined, 'the analyst is there');
const { spec } = version;
const judge = createJudge(digestOf);

describe('the analyst', () => {
  test('has tools that can read, and a run of many turns with many calls at a time', () => {
    expect(spec.tools.map(({ name }) => name)).toEqual([
      'sql_query',
      'http_request',
      'read_result',
    ]);
    expect(spec.limits.turns).toBeGreaterThan(100);
    expect(spec.limits.turns).toBeLessThanOrEqual(largestAgentLimits.turns);
    expect(spec.limits.parallelCalls).toBeGreaterThan(8);
  });

  test.each(effectClasses.filter((effect) => effect !== 'read'))(
    'is denied every call that does more than read: %s',
    (effect) => {
      for (const tainted of [false, true])
        for (const { name } of spec.tools)
          expect(judgementOf(name, effect, tainted)).toEqual(['deny', 'reads-only']);
    },
  );

  test('may read, also when it has read what strangers wrote', () => {
    for (const tainted of [false, true])
      for (const { name } of spec.tools)
        expect(judgementOf(name, 'read', tainted)).toEqual(['allow', 'default-read']);
  });
});

function judgementOf(name: string, effect: EffectClass, isTainted: boolean): readonly string[] {
  const run = {
    runId: 'run_1' as RunId,
    requestedBy: 'otto',
    turn: 1,
    spentMicrosUsd: 0,
    isTainted,
    at: '2026-11-28T12:00:00Z',
  };
  invariant(version !== undefined, 'the analyst is there');
  const { judgement } = judge(version, run, { name, effect }, {});
  return [judgement.verdict, judgement.rule];
}
