import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PolicyRule } from '../../contracts/agent.js';
import { parseRules } from '../../policy/parse-rules.js';
import type { PolicyInputs } from '../../policy/inputs.js';
import { compilePolicy, ruleDefaults } from '../../policy/rules.js';

const rule = (id: string, when: string, rest: Partial<PolicyRule> = {}): PolicyRule => ({
  ...ruleDefaults,
  id,
  when,
  decision: 'allow',
  reason: `because of ${id}`,
  ...rest,
});

const inputs = (rest: Partial<PolicyInputs> = {}): PolicyInputs => ({
  tool: { name: 'issue_refund', effect: 'keyed' },
  args: { amountCents: 100 },
  run: { id: 'run_1', agent: 'refund-desk', requester: 'ana', turn: 2 },
  tenant: { id: 'default' },
  ...rest,
});

const judge = (rules: readonly PolicyRule[], rest: Partial<PolicyInputs> = {}) =>
  compilePolicy(rules).judge(inputs(rest));

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

  test('denies a question for several people, and says whom it would take', () => {
    const rules = [
      rule('two', 'true', { decision: 'ask', quorum: 2, approvers: ['finance'] }),
      rule('open', 'true'),
    ];
    expect(judge(rules)).toMatchObject({
      verdict: 'deny',
      rule: 'two',
      reason: 'This needs 2 people of label finance, which is not possible yet.',
    });
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
    [50_001, 'deny', 'refund-large'],
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
      allowedDecisions: ['approve', 'reject'],
    });
  });

  test('names finance above 500.00 EUR', () => {
    expect(refund(125_000).reason).toContain('2 people of label finance');
  });

  test('allows no refund in another currency, and none without an amount', () => {
    expect(refund(100, 'USD').verdict).toBe('ask');
    expect(judge(rules, { args: { orderId: '42' } })).toMatchObject({
      verdict: 'deny',
      rule: 'refund-large',
    });
  });

  test('asks before mail leaves', () => {
    const tool = { name: 'send_email', effect: 'unsafe' as const };
    expect(judge(rules, { tool })).toMatchObject({ verdict: 'ask', rule: 'customer-mail' });
  });
});
