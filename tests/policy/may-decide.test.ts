import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { roles, type Principal } from '../../contracts/principal.js';
import { mayDecide, type DecidableQuestion } from '../../policy/may-decide.js';

const ana: Principal = { id: 'ana', tenantId: 'default', roles: ['approver'], labels: ['finance'] };
const anyone: DecidableQuestion = {
  approvers: [],
  requesterMayDecide: false,
  requestedBy: 'otto',
};

describe('a question', () => {
  test('for anyone is decided by every approver', () => {
    expect(mayDecide(ana, anyone).canDecide).toBe(true);
  });

  test('for a label is decided by those who have it', () => {
    const question = { ...anyone, approvers: ['finance'] };
    expect(mayDecide(ana, question).canDecide).toBe(true);
    expect(mayDecide({ ...ana, labels: ['legal'] }, question)).toEqual({
      canDecide: false,
      why: 'This question is for finance.',
    });
  });

  test('for a role is decided by those who have it', () => {
    expect(mayDecide(ana, { ...anyone, approvers: ['approver'] }).canDecide).toBe(true);
    expect(mayDecide(ana, { ...anyone, approvers: ['auditor'] }).canDecide).toBe(false);
  });

  test('is not decided by the one who started the run, unless the rule lets them', () => {
    const own = { ...anyone, requestedBy: 'ana' };
    expect(mayDecide(ana, own).canDecide).toBe(false);
    expect(mayDecide(ana, { ...own, requesterMayDecide: true }).canDecide).toBe(true);
  });
});

test('nobody without the role of an approver decides anything', () => {
  const principal = fc.record({
    id: fc.string(),
    tenantId: fc.constant('default'),
    roles: fc.subarray(roles.filter((role) => role !== 'approver')),
    labels: fc.array(fc.constantFrom('finance', 'approver', 'legal')),
  });
  const question = fc.record({
    approvers: fc.array(fc.constantFrom('finance', 'operator', 'approver')),
    requesterMayDecide: fc.boolean(),
    requestedBy: fc.string(),
  });
  fc.assert(
    fc.property(principal, question, (who, what) => {
      expect(mayDecide(who, what).canDecide).toBe(false);
    }),
  );
});
