import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PolicyRule } from '../../contracts/agent.js';
import type { CallId, Digest, RunId } from '../../contracts/ids.js';
import type { SimulatedCall, Simulation } from '../../contracts/simulation.js';
import type { RuleInputs } from '../../policy/inputs.js';
import { parseRules } from '../../policy/parse-rules.js';
import { compilePolicy } from '../../policy/rules.js';
import { simulate, type CallToSimulate } from '../../policy/simulate.js';
import { digestOf } from '../../runtime/digest.js';

const version = digestOf('version');

const inputsOf = (changes: Partial<RuleInputs['run']> = {}): RuleInputs => ({
  tool: { name: 'issue_refund', effect: 'keyed' },
  run: {
    id: 'run_1',
    agent: 'refund-desk',
    requester: 'otto',
    turn: 1,
    spentMicrosUsd: 0,
    tainted: false,
    ...changes,
  },
  tenant: { id: 'default' },
  time: { date: '2026-11-28', hour: 12, minute: 30, weekday: 6 },
});

const callOf = (
  amountCents: number,
  recorded: CallToSimulate['recorded'] = null,
  inputs = inputsOf(),
): CallToSimulate => ({
  shown: { tool: 'issue_refund', argsDigest: digestOf({ amountCents }) },
  version,
  inputs,
  args: { amountCents },
  recorded,
  isRefused: false,
});

const stored = `
- { id: large, when: args.amountCents > 50000, decision: ask, reason: r, quorum: 2, approvers: [finance] }
- { id: medium, when: args.amountCents > 5000, decision: ask, reason: r }
- { id: small, when: args.amountCents <= 5000, decision: allow, reason: r }
`;

function simulated(
  calls: readonly CallToSimulate[],
  text: string | null,
  own: readonly PolicyRule[] = parseRules(stored, 'stored'),
): Simulation {
  const policies = { [version]: own };
  const result = simulate({ policies, current: version, text, calls, skipped: 0 }, digestOf);
  if (result.kind !== 'simulated') throw new Error(result.problems.join('\n'));
  return result.simulation;
}

const changes = ({ changed, changes: terms, before, after }: SimulatedCall) => [
  changed,
  before.verdict,
  after.verdict,
  ...terms,
];

describe('simulating a policy', () => {
  const conditions = fc.constantFrom(
    'args.amountCents > 5000',
    'args.absent == 1',
    'run.tainted',
    'run.turn > 3 && time.hour < 13',
    'tool.effect == "keyed"',
    'false',
  );
  const rules = fc.array(
    fc.record({
      when: conditions,
      decision: fc.constantFrom('allow', 'ask', 'deny'),
      quorum: fc.integer({ min: 1, max: 3 }),
      approvers: fc.constantFrom([], ['finance'], ['finance', 'head']),
      requesterMayDecide: fc.boolean(),
      evenWhenTainted: fc.boolean(),
      expiresIn: fc.constantFrom('30s', '24h'),
    }),
    { maxLength: 6 },
  );
  const histories = fc.array(
    fc.record({
      amountCents: fc.integer({ min: 0, max: 100_000 }),
      turn: fc.integer({ min: 1, max: 9 }),
      tainted: fc.boolean(),
      again: fc.boolean(),
    }),
    { maxLength: 8 },
  );

  test('changes nothing where it is the one that history was recorded under', () => {
    fc.assert(
      fc.property(rules, histories, (drawn, history) => {
        const text = JSON.stringify(
          drawn.map((rule, index) => ({ ...rule, id: `rule-${index}`, reason: 'because' })),
        );
        const own = parseRules(text, 'own');
        const policy = compilePolicy(own, digestOf);
        const calls = history.map(({ amountCents, turn, tainted, again }) => {
          const inputs = inputsOf({ turn, tainted });
          const { verdict, rule } = policy.judge({ ...inputs, args: { amountCents } });
          // What the product asks by itself is asked under any policy.
          const recorded =
            again && verdict !== 'deny'
              ? ({ verdict: 'ask', rule: 'same-call-again' } as const)
              : { verdict, rule };
          return callOf(amountCents, recorded, inputs);
        });
        for (const tried of [text, null]) {
          const { data, summary } = simulated(calls, tried, own);
          expect(summary).toMatchObject({ calls: calls.length, changed: 0, quorumChanged: 0 });
          for (const { before, after } of data) expect(after).toEqual(before);
        }
      }),
    );
  });

  test('says of each call what would be said instead, and counts it', () => {
    const tried = `
- { id: never, when: args.amountCents > 90000, decision: deny, reason: r }
- { id: many, when: args.amountCents > 50000, decision: ask, reason: r, quorum: 3, approvers: [finance] }
- { id: free, when: args.amountCents > 5000, decision: allow, reason: r }
- { id: tiny, when: args.amountCents < 100, decision: allow, reason: r }
`;
    const { data, summary } = simulated([99_000, 60_000, 9_000, 200, 50].map(each), tried);
    expect(data.map(changes)).toEqual([
      [true, 'ask', 'deny', 'verdict'],
      [true, 'ask', 'ask', 'quorum'],
      [true, 'ask', 'allow', 'verdict'],
      [true, 'allow', 'ask', 'verdict'],
      [false, 'allow', 'allow'],
    ]);
    expect(data[1]).toMatchObject({
      before: { rule: 'large', approvers: ['finance'], quorum: 2 },
      after: { rule: 'many', approvers: ['finance'], quorum: 3 },
    });
    expect(data[4]?.after).toEqual({ verdict: 'allow', rule: 'tiny', approvers: [], quorum: 0 });
    expect(summary).toEqual({
      calls: 5,
      changed: 4,
      newlyAllowed: 1,
      newlyAsked: 1,
      newlyDenied: 1,
      quorumChanged: 1,
      skipped: 0,
    });
  });
  const each = (amountCents: number) => callOf(amountCents);

  test('names the terms that differ, where the same people are asked on other ones', () => {
    const tried = stored.replace(
      'id: medium, ',
      'id: renamed, requesterMayDecide: true, expiresIn: 1h, ',
    );
    const { data } = simulated([callOf(9_000), callOf(60_000)], tried);
    expect(data.map((call) => call.changes)).toEqual([['requesterMayDecide', 'expiresInMs'], []]);
  });

  test('takes history’s word for the verdict, and judges by what the rules saw then', () => {
    const late = callOf(200, { verdict: 'ask', rule: 'small' }, inputsOf({ tainted: true }));
    const calm = callOf(200, { verdict: 'allow', rule: 'small' });
    const trusting = stored.replace('id: small, ', 'id: small, evenWhenTainted: true, ');
    const { data } = simulated([late, calm], trusting);
    expect(data.map(changes)).toEqual([
      [true, 'ask', 'allow', 'verdict'],
      [false, 'allow', 'allow'],
    ]);
  });

  test('denies what the product would ask again about, where the new rules deny it', () => {
    const again = callOf(200, { verdict: 'ask', rule: 'done-before' });
    const closed = '- { id: closed, when: "true", decision: deny, reason: r }';
    expect(simulated([again], closed).data[0]).toMatchObject({
      before: { verdict: 'ask', rule: 'done-before' },
      after: { verdict: 'deny', rule: 'closed' },
    });
  });

  test('asks no rule about arguments that the tool does not take', () => {
    const refused = { ...callOf(200), isRefused: true };
    const [call] = simulated([refused], stored).data;
    expect(call).toMatchObject({ changed: false, after: { verdict: 'deny', rule: 'schema' } });
  });

  test('of a policy that does not load names line and rule of every problem', () => {
    const text = `- id: first
  when: |
    true &&
    args.amountCents > > 3
  decision: ask
  reason: r
- { id: second, when: "true", decision: maybe, reason: r }
`;
    const request = { policies: {}, current: version, text, calls: [], skipped: 0 };
    const result = simulate(request, digestOf);
    if (result.kind !== 'unusable') throw new Error('It loads');
    const [first, second] = result.problems;
    expect(first).toMatch(/^policy:2: rule first: when: [^]*args\.amountCents > > 3[^]*\^/);
    expect(second).toMatch(/^policy:7: rule second: decision: /);
  });

  test('tells which call of history it speaks of', () => {
    const shown = {
      callId: 'call_1' as CallId,
      runId: 'run_1' as RunId,
      title: 'refund 2.00 EUR',
      tool: 'issue_refund',
      argsDigest: 'd' as Digest,
    };
    expect(simulated([{ ...callOf(200), shown }], null).data[0]).toMatchObject(shown);
  });
});
