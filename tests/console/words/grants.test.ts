import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { GrantView } from '../../../contracts/grant.js';
import { grantStatuses } from '../../../contracts/grant.js';
import * as grants from '../../../console/words/grants.js';
import { compileCondition, findConditionFault } from '../../../policy/expression.js';
import { ruleInputsOf } from '../../../policy/inputs.js';
import type { RunId } from '../../../contracts/ids.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const judged = {
  runId: 'run_1' as RunId,
  requestedBy: 'otto',
  turn: 1,
  spentMicrosUsd: 0,
  isTainted: false,
  at: new Date(now).toISOString(),
};
const tool = { name: 'issue_refund', effect: 'keyed' as const };
const holds = (when: string, args: unknown) =>
  compileCondition(when)({ ...ruleInputsOf('refund-desk', 'default', judged, tool), args });

describe('the condition that a grant begins with', () => {
  const args = { orderId: '44', amountCents: 6_000, currency: 'EUR', reason: 'broken' };

  test('bounds amounts from above, and keeps codes as they are', () => {
    expect(grants.boundOf(args, {})).toBe('args.amountCents <= 6000 && args.currency == "EUR"');
    const mail = { to: 'ana@example.com', text: 'Hello' };
    const schema = { properties: { to: { type: 'string', format: 'email' } } };
    expect(grants.boundOf(mail, schema)).toBe('args.to == "ana@example.com"');
    expect(grants.boundOf({ text: 'Hello' }, schema)).toBe('true');
    expect(grants.isUnbounded(grants.boundOf(null, null))).toBe(true);
  });

  test('covers a smaller amount and no larger one, as the policy itself judges it', () => {
    const when = grants.boundOf(args, {});
    expect(holds(when, { ...args, orderId: '45', amountCents: 5_999 })).toEqual({
      kind: 'answer',
      holds: true,
    });
    expect(holds(when, { ...args, amountCents: 6_001 })).toEqual({ kind: 'answer', holds: false });
    expect(holds(when, { ...args, currency: 'USD' })).toEqual({ kind: 'answer', holds: false });
  });

  test('is CEL that holds for the very call it was made from, whatever that is called with', () => {
    const names = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 });
    const values = fc.oneof(
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constantFrom('EUR', 'a "quoted" one'),
    );
    const asked = fc.dictionary(names, values, { maxKeys: 4 });
    fc.assert(
      fc.property(asked, (its) => {
        const properties = Object.fromEntries(
          Object.keys(its).map((name) => [name, { enum: [its[name]] }]),
        );
        const when = grants.boundOf(its, { properties });
        expect([when, findConditionFault(when)]).toEqual([when, null]);
        expect([when, holds(when, its)]).toEqual([when, { kind: 'answer', holds: true }]);
      }),
    );
  });
});

describe('a grant in words', () => {
  const grant = {
    agent: 'refund-desk',
    tool: 'issue_refund',
    rule: 'refund-large',
    when: 'args.amountCents <= 6000',
    uses: 10,
    approvers: ['finance'],
    quorum: 2,
    votes: [{ by: 'ana', at: new Date(now).toISOString() }],
    status: 'proposed' as const,
    expiresAt: new Date(now + 90_000).toISOString(),
  } as unknown as GrantView;

  test('says what it lets happen, how often and until when', () => {
    expect(grants.grantTitle(grant)).toBe(
      'refund-desk may call issue_refund 10 times without asking',
    );
    expect(grants.grantTitle({ ...grant, uses: 1 })).toContain('issue_refund once');
    expect(grants.grantUntilWords(grant, now, 'UTC')).toBe('12:01:30 (1 min 30 s left)');
    expect(grants.grantUntilWords({ ...grant, status: 'revoked' }, now, 'UTC')).toBe('12:01:30');
    expect(grants.grantScopeWords({ ...grant, when: 'true' })).toContain('Every call');
  });

  test('says who voted and who is still needed', () => {
    expect(grants.grantVotesWords(grant)).toBe('1 of 2 votes: ana. 1 more of finance needed');
    expect(grants.grantVotesWords({ ...grant, status: 'revoked' })).toBe('1 of 2 votes: ana');
  });

  test('has words for every status', () => {
    expect(new Set(grantStatuses.map((status) => grants.grantStatusWords[status])).size).toBe(5);
  });
});
