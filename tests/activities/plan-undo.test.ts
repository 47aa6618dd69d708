/** What an unwind does next, from what the ledger says: pure, so without a database (P3). */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { planUndo, reportOf } from '../../activities/plan-undo.js';
import { ruleDefaults } from '../../policy/rules.js';
import type { Tool, Undo } from '../../activities/tool.js';
import type { AgentVersion, PolicyRule } from '../../contracts/agent.js';
import type { EffectState } from '../../contracts/effect.js';
import type { CallId, Digest, EffectKey, RunId } from '../../contracts/ids.js';
import { defaultAgentLimits } from '../../contracts/limits.js';
import type { UnwoundEffectRow } from '../../store/unwinds.js';
import { toolSpecOf } from '../../worker/load-agents.js';

const never = () => Promise.reject(new Error('Nothing is carried out here'));
const flagTool = (name: string, undo?: Undo<{ flag: string; to: string }>): Tool => ({
  name,
  description: 'Sets a flag.',
  args: z.strictObject({ flag: z.string(), to: z.string().min(1) }) as z.ZodType<unknown>,
  retryPolicy: 'desk',
  effect: 'idempotent',
  summary: (args) => `${name} ${JSON.stringify(args)}`,
  run: never,
  ...(undo === undefined ? {} : { undo: undo as Undo<unknown> }),
});

const toWhatItWas = (tool: string): Undo<{ flag: string; to: string }> => ({
  by: 'tool',
  tool,
  args: ({ flag, to }, result) => {
    const { was } = result as { was: string };
    return was === to ? null : { flag, to: was };
  },
});
const tools = [
  flagTool('set_flag', toWhatItWas('set_flag')),
  flagTool('lend_flag', toWhatItWas('return_flag')),
  flagTool('burn_flag'),
  flagTool('post_flag', { by: 'person', advice: ({ flag }) => `Ask for ${flag} back.` }),
  flagTool('return_flag'),
];

const rule = (id: string, when: string, decision: PolicyRule['decision']): PolicyRule => ({
  ...ruleDefaults,
  id,
  when,
  decision,
  reason: `Rule ${id}.`,
});
const versionWith = (known: readonly Tool[], ...policy: PolicyRule[]): AgentVersion => ({
  digest: '' as Digest,
  spec: {
    name: 'flag-desk',
    title: 'Flags',
    description: 'Flags.',
    instructions: 'Set flags.',
    models: ['none'],
    tools: known.map(toolSpecOf),
    policy,
    limits: defaultAgentLimits,
    inputSchema: {},
  },
});
const version = versionWith(tools, rule('free', 'true', 'allow'));

const run = {
  runId: 'run_1/unwind' as RunId,
  requestedBy: 'otto',
  turn: 1,
  spentMicrosUsd: 0,
  isTainted: false,
  at: '2026-11-28T12:00:00.000Z',
};
const effectOf = (
  tool: string,
  seq: number,
  changes: Partial<UnwoundEffectRow> = {},
): UnwoundEffectRow => ({
  key: `key-${seq}` as EffectKey,
  callId: `call_${seq}` as CallId,
  tool,
  title: `${tool} ${seq}`,
  state: 'confirmed',
  externalRef: null,
  args: JSON.stringify({ flag: `f${seq}`, to: 'red' }),
  result: JSON.stringify({ was: 'blue' }),
  undo: null,
  ...changes,
});
const undo = (
  outcome: NonNullable<UnwoundEffectRow['undo']>['outcome'],
  effectState: EffectState | null,
  result: string | null = null,
) => ({ outcome, result, effectKey: effectState && ('undo' as EffectKey), effectState });
const plan = (effects: readonly UnwoundEffectRow[], its = version, here: readonly Tool[] = tools) =>
  planUndo(here, its, run, effects);
const listsOf = (effects: readonly UnwoundEffectRow[], its = version, here = tools) => {
  const planned = plan(effects, its, here);
  if (planned.kind !== 'done') throw new Error(`It goes on: ${planned.kind}`);
  return planned.lists;
};

describe('an unwind', () => {
  test.each(['intended', 'dispatched', 'unknown', 'parked'] as const)(
    'undoes nothing while an effect is %s: first it is known what happened',
    (state) => {
      const effects = [effectOf('set_flag', 2), effectOf('set_flag', 1, { state })];
      expect(plan(effects)).toEqual({ kind: 'wait' });
    },
  );

  test('plans the first undo that is not planned yet, for the effect that it takes back', () => {
    const done = effectOf('set_flag', 2, { undo: undo('succeeded', 'confirmed') });
    expect(plan([done, effectOf('set_flag', 1)])).toMatchObject({
      kind: 'call',
      call: {
        tool: 'set_flag',
        args: '{"flag":"f1","to":"blue"}',
        undoes: 'key-1',
        business: null,
        verdict: 'allow',
        title: expect.stringMatching(/^set_flag .*, to undo: set_flag 1$/),
      },
    });
  });

  test.each(['failed', 'absent', 'compensated'] as const)(
    'leaves alone what is %s: it is not there to be undone',
    (state) => {
      const lists = listsOf([effectOf('set_flag', 1, { state })]);
      expect(lists).toEqual({ undone: [], forPeople: [], notUndone: [] });
      expect(reportOf(lists)).toContain('nothing to undo');
    },
  );

  test.each(['ask', 'deny'] as const)(
    'has each undo judged by the pinned policy: %s',
    (verdict) => {
      const strict = versionWith(tools, rule('undos', `args.to == 'blue'`, verdict));
      expect(plan([effectOf('set_flag', 1)], strict)).toMatchObject({
        call: { verdict, question: { rule: 'undos' } },
      });
    },
  );

  test('lists for people what no tool takes back, with what to do', () => {
    const effects = [
      effectOf('post_flag', 4, { externalRef: 'post_9' }),
      effectOf('burn_flag', 3),
      effectOf('sell_flag', 2),
      effectOf('set_flag', 1, { result: null }),
    ];
    const lists = listsOf(effects);
    expect(lists).toMatchObject({ undone: [], notUndone: [] });
    expect(lists.forPeople.map(({ tool, advice }) => [tool, advice])).toEqual([
      ['post_flag', 'Ask for f4 back.'],
      ['burn_flag', expect.stringContaining('No tool undoes burn_flag')],
      ['sell_flag', expect.stringContaining('No worker has sell_flag')],
      ['set_flag', expect.stringContaining('does not follow from what is known')],
    ]);
    expect(reportOf(lists)).toContain('- post_flag 4 (post_9): Ask for f4 back.');
  });

  test('lists for people what a tool took back that is gone, here or from the agent', () => {
    const lent = [effectOf('lend_flag', 1)];
    const gone = tools.filter(({ name }) => name !== 'return_flag');
    const advice = [{ advice: expect.stringContaining('No worker has return_flag') }];
    expect(listsOf(lent, version, gone).forPeople).toMatchObject(advice);
    const before = versionWith(gone, rule('free', 'true', 'allow'));
    expect(listsOf(lent, before).forPeople).toMatchObject(advice);
  });

  test('denies an undo whose arguments the tool does not take, and lists it', () => {
    const odd = effectOf('set_flag', 1, { result: JSON.stringify({ was: '' }) });
    expect(plan([odd])).toMatchObject({ call: { verdict: 'deny', undoes: 'key-1' } });
  });

  test('says what was undone and what was not, the latest first', () => {
    const effects = [
      effectOf('set_flag', 5, { undo: undo('succeeded', 'confirmed') }),
      effectOf('set_flag', 4, { undo: undo('denied', null, 'Not made: closed.') }),
      effectOf('set_flag', 3, { undo: undo('failed', 'failed', 'There is no such flag.') }),
      effectOf('set_flag', 2, { undo: undo('failed', 'compensated', 'Made and undone.') }),
      effectOf('set_flag', 1, { result: JSON.stringify({ was: 'red' }) }),
    ];
    const lists = listsOf(effects);
    expect(lists.undone).toMatchObject([{ effectKey: 'key-5', undoneBy: 'undo' }]);
    expect(lists.notUndone.map(({ effectKey, outcome, why }) => [effectKey, outcome, why])).toEqual(
      [
        ['key-4', 'denied', 'Not made: closed.'],
        ['key-3', 'failed', 'There is no such flag.'],
        ['key-2', 'failed', 'Made and undone.'],
        ['key-1', 'nothing-to-undo', 'It left nothing to undo.'],
      ],
    );
    expect(reportOf(lists)).toMatch(/^Undone: 1 of 5\.\n- set_flag 5\n\nNot undone:\n- set_flag 4/);
  });
});
