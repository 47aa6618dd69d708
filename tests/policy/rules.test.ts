import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PolicyRule } from '../../contracts/agent.js';
import { parseRules } from '../../policy/parse-rules.js';
import type { PolicyInputs } from '../../policy/inputs.js';
import { compilePolicy, ruleDefaults } from '../../policy/rules.js';
import { digestOf } from '../../runtime/digest.js';

const rule = (id: string, when: string, rest: Partial<PolicyRule> = {}): PolicyRule => ({
  ...ruleDefaults,
  id,
  when,
  decision: 'allow',
  reason: `because of ${id}`,
  ...rest,
});

const run = {
  id: 'run_1',
  agent: 'refund-desk',
  requester: 'ana',
  turn: 2,
  spentMicrosUsd: 900,
  tainted: false,
};
const inputs = (rest: Partial<PolicyInputs> = {}): PolicyInputs => ({
  tool: { name: 'issue_refund', effect: 'keyed' },
  args: { amountCents: 100 },
  run,
  tenant: { id: 'default' },
  time: { date: '2026-11-28', hour: 12, minute: 30, weekday: 6 },
  ...rest,
});

const judge = (rules: readonly PolicyRule[], rest: Partial<PolicyInputs> = {}) =>
  compilePolicy(rules, digestOf).judge(inputs(rest));

describe('a policy', () => {
  test('lets the first rule that holds decide, wherever rules that do not hold are put', () => {
    const others = fc.array(fc.constantFrom('false', 'args.amountCents > 100', 'run.turn == 9'));
    fc.assert(
      fc.property(others, others, fc.constantFrom('allow', 'deny'), (before, after, decision) => {
        const rules = [
          ...before.map((when, index) => rule(`before-${index}`, when)),
          rule('first', 'args.amountCents == 100', { decision }),
          ...after.map((when, index) => rule(`after-${index}`, when)),
          rule('second', 'true', { decision: 'ask' }),
        ];
        expect(judge(rules)).toMatchObject({ verdict: decision, rule: 'first' });
      }),
    );
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'is not escaped by an argument that is named %s',
    (name) => {
      const args = JSON.parse(`{"amountCents":100,"to":{"${name}":1},"${name}":false}`) as unknown;
      const rules = [
        rule('deny', `args.amountCents == 100 && args.to["${name}"] == 1`, { decision: 'deny' }),
      ];
      expect(judge(rules, { args })).toMatchObject({ verdict: 'deny', rule: 'deny' });
      const named = [rule('deny', `args["${name}"] == false`, { decision: 'deny' })];
      expect(judge(named, { args })).toMatchObject({ verdict: 'deny', rule: 'deny' });
      const has = [rule('deny', 'has(args.amountCents) && "to" in args', { decision: 'deny' })];
      expect(judge(has, { args })).toMatchObject({ verdict: 'deny' });
    },
  );

  test('never allows by a rule that throws, whatever the arguments are', () => {
    const throwing = fc.constantFrom(
      'args.absent > 1',
      'args.text > 5',
      'args.amountCents.deep == 1',
      '1 / (args.amountCents - args.amountCents) > 0',
      'args.text',
      'not cel at all (',
      'args.text.matches("^(a+)+$")',
    );
    fc.assert(
      fc.property(throwing, fc.jsonValue(), (when, extra) => {
        const args = { amountCents: 100, text: 'x', extra };
        const judgement = judge([rule('broken', when), rule('open', 'true')], { args });
        expect(judgement).toMatchObject({ verdict: 'ask', rule: 'broken' });
        expect(judgement.reason).toContain('could not be evaluated');
      }),
    );
  });

  test.each([
    ['args.amountCents > 99', true],
    ['args.amountCents > 100', false],
    ['args.amountCents * 2 + 1 == 201', true],
    ['args.amountCents % 2 == 0', true],
    ['args.amountCents in [100, 200]', true],
    ['args.share < 0.5', true],
    ['args.list.exists(item, item.cents > 6)', true],
    ['has(args.nothing)', false],
    ['args.?nothing.orValue(0) == 0', true],
    ['time.hour >= 9 && time.hour < 18 && time.weekday == 6', true],
    ['run.spentMicrosUsd > 1000 || run.tainted', false],
    ['run.turn == 2 && run.requester == "ana" && tenant.id == "default"', true],
    ['tool.effect != "read"', true],
  ])('reads numbers, lists and absent keys of JSON: %s is %s', (when, holds) => {
    const args = { amountCents: 100, share: 0.25, list: [{ cents: 5 }, { cents: 7 }] };
    const judgement = judge([rule('tested', when)], { args });
    expect(judgement.rule).toBe(holds ? 'tested' : 'default-effect');
  });

  test('allows reads and asks for effects where no rule holds', () => {
    expect(judge([])).toMatchObject({ verdict: 'ask', rule: 'default-effect', quorum: 1 });
    expect(judge([], { tool: { name: 'lookup_order', effect: 'read' } })).toMatchObject({
      verdict: 'allow',
      rule: 'default-read',
    });
  });

  test('asks several people where a rule wants several', () => {
    const rules = [
      rule('two', 'true', { decision: 'ask', quorum: 2, approvers: ['finance'] }),
      rule('open', 'true'),
    ];
    const asked = { verdict: 'ask', rule: 'two', quorum: 2, approvers: ['finance'] };
    expect(judge(rules)).toMatchObject(asked);
  });

  test('asks for an effect that it would allow, once the run has read what strangers wrote', () => {
    const tainted = { run: { ...run, tainted: true } };
    const read = { tool: { name: 'lookup_order', effect: 'read' } } as const;
    const open = [rule('open', 'true')];
    expect(judge(open, tainted)).toMatchObject({ verdict: 'ask', rule: 'open' });
    expect(judge(open, { ...tainted, ...read })).toMatchObject({ verdict: 'allow' });
    const trusting = [rule('open', 'true', { evenWhenTainted: true })];
    expect(judge(trusting, tainted)).toMatchObject({ verdict: 'allow' });
    const denied = [rule('never', 'run.tainted', { decision: 'deny' }), ...open];
    expect(judge(denied, tainted)).toMatchObject({ verdict: 'deny', rule: 'never' });
  });

  test('has a digest of its rule in each verdict, which any change of the rule changes', () => {
    const before = judge([rule('one', 'true')]).ruleDigest;
    expect(judge([rule('one', 'true')]).ruleDigest).toBe(before);
    expect(judge([rule('one', 'true', { quorum: 2 })]).ruleDigest).not.toBe(before);
    expect(judge([rule('one', 'true', { approvers: ['x'] })]).ruleDigest).not.toBe(before);
  });
});

describe('the policy of the refund desk', () => {
  const file = join(__dirname, '../../agents/refund-desk/policy.yaml');
  const rules = parseRules(readFileSync(file, 'utf8'), file);
  const refund = (amountCents: number, currency = 'EUR') =>
    judge(rules, { args: { orderId: '42', amountCents, currency, reason: 'broken' } });

  test.each([
    [1, 'allow', 'refund-small'],
    [5_000, 'allow', 'refund-small'],
    [5_001, 'ask', 'refund-medium'],
    [50_000, 'ask', 'refund-medium'],
    [50_001, 'ask', 'refund-large'],
  ])('judges a refund of %i cents: %s by %s', (amountCents, verdict, id) => {
    expect(refund(amountCents)).toMatchObject({ verdict, rule: id });
  });

  test('asks for one person above 50.00 EUR, who may be the requester, for a day', () => {
    expect(refund(18_000)).toMatchObject({
      quorum: 1,
      approvers: [],
      requesterMayDecide: true,
      expiresInMs: 86_400_000,
      executeWithinMs: null,
      allowedDecisions: ['approve', 'edit', 'reject', 'respond'],
    });
  });

  test('asks two of finance above 500.00 EUR, and never who asked for the run', () => {
    expect(refund(125_000)).toMatchObject({
      quorum: 2,
      approvers: ['finance'],
      requesterMayDecide: false,
    });
  });

  test('allows no refund in another currency, and none without an amount', () => {
    expect(refund(100, 'USD').verdict).toBe('ask');
    expect(judge(rules, { args: { orderId: '42' } })).toMatchObject({
      verdict: 'ask',
      rule: 'refund-large',
    });
  });

  test('asks before mail leaves', () => {
    const tool = { name: 'send_email', effect: 'unsafe' as const };
    expect(judge(rules, { tool })).toMatchObject({ verdict: 'ask', rule: 'customer-mail' });
  });
});
