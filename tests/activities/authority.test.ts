/** What Postgres says, held against history and signatures (P4): whatever is swapped, nothing is sent. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkAuthority, type AuthorityTerms } from '../../activities/authority.js';
import type { PolicyRule } from '../../contracts/agent.js';
import type { DecisionId, Digest, RunId } from '../../contracts/ids.js';
import { compilePolicy } from '../../policy/rules.js';
import { canonicalJson, digestOf, effectKeyOf } from '../../runtime/digest.js';
import { createVerifier } from '../../runtime/signing.js';
import type { AuthorityFacts } from '../../store/authority.js';
import type { VoteRow } from '../../store/votes.js';
import {
  agent,
  cast,
  edited,
  facts,
  gateway,
  large,
  planned,
  ruleDigest,
  runId,
  small,
  stranger,
  terms,
  version,
} from '../support/authority-facts.js';

const yes = [cast({ by: 'ana' }), cast({ by: 'ben' })];

const kindOf = (votes: readonly VoteRow[], its: Partial<AuthorityTerms> = {}) =>
  checkAuthority(terms(its), facts(votes)).kind;
const findingsOf = (its: AuthorityFacts, changes: Partial<AuthorityTerms> = {}) => {
  const verdict = checkAuthority(terms(changes), its);
  return verdict.kind === 'tampered' ? verdict.findings.join('; ') : verdict.kind;
};

describe('authority holds', () => {
  test('on two signed votes of finance, whoever was asked first', () => {
    expect(kindOf(yes)).toBe('holds');
    expect(kindOf(yes.toReversed())).toBe('holds');
  });

  test('on arguments that were edited, by the votes on those', () => {
    const votes = [
      cast({ by: 'ana' }),
      cast({ by: 'ben', decision: 'edit', args: edited, seen: planned, round: 2 }),
      cast({ by: 'cleo', args: edited, round: 2 }),
    ];
    const its = facts(votes, { argsDigest: digestOf(edited), round: 2 });
    const call = { ...its.call, argsDigest: digestOf(edited) };
    expect(checkAuthority(terms({ args: edited }), { ...its, call }).kind).toBe('holds');
    // Ana's vote was about the others.
    const [first, second] = votes;
    const without = { ...its, call, votes: [first!, second!] };
    expect(checkAuthority(terms({ args: edited }), without).kind).not.toBe('holds');
  });

  test('for what the rules allow, without anybody’s vote', () => {
    const open = [{ ...small, decision: 'allow' as const }];
    const its = facts([]);
    const free = { ...its, approval: undefined, call: { ...its.call, verdict: 'allow' as const } };
    const policy = { ...version, spec: { ...agent, policy: open } };
    expect(checkAuthority(terms({ version: policy }), free).kind).toBe('holds');
  });
});

describe('authority lapses, and people are asked anew', () => {
  test('when the key that signed a vote is trusted no more', () => {
    const later = createVerifier([{ keyId: stranger.keyId, key: stranger.publicKey }]);
    expect(checkAuthority(terms({ verifier: later }), facts(yes))).toEqual({
      kind: 'lapsed',
      why: 'a key that signed a vote is not trusted any more',
    });
  });

  test('when a voter may not decide it any more', () => {
    const gone = [yes[0]!, { ...yes[1]!, roles: null, labels: null }];
    expect(kindOf(gone)).toBe('lapsed');
    expect(kindOf([yes[0]!, { ...yes[1]!, labels: ['sales'] }])).toBe('lapsed');
  });

  test('when another rule of the same policy holds by now', () => {
    const noon: PolicyRule = { ...large, id: 'noon', when: 'time.hour >= 12', quorum: 3 };
    const policy = [noon, large, small];
    const later = compilePolicy(policy, digestOf);
    const other: AuthorityTerms['judge'] = (_version, _run, tool, args) => ({
      judgement: later.judge({
        tool,
        args,
        run: {
          id: runId,
          agent: 'a',
          requester: 'otto',
          turn: 1,
          spentMicrosUsd: 0,
          tainted: false,
        },
        tenant: { id: 'default' },
        time: { date: '2026-11-28', hour: 12, minute: 0, weekday: 6 },
      }),
      inputs: {} as never,
    });
    expect(kindOf(yes, { judge: other })).toBe('lapsed');
  });

  test('when nobody was asked about what asks by now', () => {
    const its = facts([]);
    expect(checkAuthority(terms(), { ...its, approval: undefined }).kind).toBe('lapsed');
  });
});

test('what was changed after it was read is judged anew, and is no alarm', () => {
  const its = facts(yes);
  const call = { ...its.call, argsDigest: digestOf(edited) };
  expect(checkAuthority(terms(), { ...its, call })).toEqual({ kind: 'moved' });
});

describe('tampering is found, and named', () => {
  const untouched = facts(yes);
  const other = digestOf({ other: true });
  const swapped = (row: Partial<VoteRow>) => facts([{ ...yes[0]!, ...row }, yes[1]!]);

  test.each<[string, AuthorityFacts, RegExp, Partial<AuthorityTerms>?]>([
    [
      'the arguments alone',
      untouched,
      /arguments: they do not fit/,
      { args: edited, argsDigest: digestOf(planned) },
    ],
    [
      'the arguments and every digest of them',
      {
        ...facts(yes, { argsDigest: digestOf(edited) }),
        call: { ...untouched.call, argsDigest: digestOf(edited) },
      },
      /arguments: nobody planned or signed these/,
      { args: edited },
    ],
    [
      'the arguments of the question',
      facts(yes, { argsDigest: other }),
      /arguments: the question is about others/,
    ],
    ['the verdict of a vote', swapped({ decision: 'reject' }), /vote of ana/],
    ['the author of a vote', swapped({ by: 'dora' }), /vote of dora/],
    ['the arguments of a vote', swapped({ argsDigest: other }), /vote of ana/],
    ['the rule of a vote', swapped({ ruleDigest: other }), /vote of ana/],
    ['the time of a vote', swapped({ at: '2026-11-28T11:59:01.000Z' }), /vote of ana/],
    ['the message of a vote', swapped({ message: 'gladly' }), /vote of ana/],
    ['the round of a vote', swapped({ round: 2 }), /vote of ana/],
    ['the level of a vote', swapped({ level: 1 }), /vote of ana/],
    ['the signature of a vote', swapped({ signature: yes[1]!.signature }), /vote of ana/],
    ['a yes with too few votes', facts([yes[0]!]), /verdict: approved without the votes/],
    ['a yes without any vote', facts([]), /verdict: approved without the votes/],
    ['the quorum of the question', facts([yes[0]!], { quorum: 1 }), /quorum: not what the rule/],
    ['the approvers of the question', facts(yes, { approvers: [] }), /approvers: not those/],
    ['the rule of the question', facts(yes, { ruleDigest: other }), /rule: the question names one/],
    [
      'the agent version of the run',
      { ...untouched, run: { ...untouched.run, agentVersion: other } },
      /policy: another agent version/,
    ],
    [
      'who asked for the run',
      { ...untouched, run: { ...untouched.run, requestedBy: 'mallory' } },
      /requester: another person/,
    ],
    [
      'a no that is called a yes',
      facts([...yes, cast({ by: 'cleo', decision: 'reject' })]),
      /verdict: cleo said no/,
    ],
  ])('in %s', (_what, its, finding, changes = {}) => {
    expect(findingsOf(its, changes)).toMatch(finding);
  });

  test('whatever is swapped in the rows, singly or all together: it never holds', () => {
    const text = fc.constantFrom('ana', 'ben', 'cleo', 'otto', 'mallory');
    const digest = fc.constantFrom(other, digestOf(edited), ruleDigest(small));
    const change = fc.record<Partial<VoteRow>>(
      {
        by: text,
        decision: fc.constantFrom('edit', 'reject', 'respond'),
        argsDigest: digest,
        ruleDigest: digest,
        seenDigest: digest,
        round: fc.integer({ min: 2, max: 4 }),
        level: fc.integer({ min: 1, max: 3 }),
        message: text,
        at: fc.constant('2026-11-28T10:00:00.000Z'),
        id: fc.constant('dec_other' as DecisionId),
        args: fc.constant(canonicalJson(edited)),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.tuple(change, change), fc.nat(2), ([first, second], votes) => {
        const rows = [
          { ...yes[0]!, ...first },
          { ...yes[1]!, ...second },
        ].slice(0, votes);
        const isUntouched =
          votes === 2 &&
          rows.every((row, at) => Object.entries(yes[at]!).every(([k, v]) => row[k as 'by'] === v));
        fc.pre(!isUntouched);
        expect(kindOf(rows)).not.toBe('holds');
      }),
      { numRuns: 2_000 },
    );
  });

  test('a vote that somebody else signed counts for nothing', () => {
    const forged = [yes[0]!, cast({ by: 'ben', signer: stranger })];
    expect(kindOf(forged)).not.toBe('holds');
    const [, own] = forged;
    const renamed = [yes[0]!, { ...own!, keyId: gateway.keyId }];
    expect(findingsOf(facts(renamed))).toMatch(/vote of ben/);
  });

  test('a vote for another run, or another effect, is none for this one', () => {
    const elsewhere = facts(yes, { effectKey: effectKeyOf('default', runId, 2, 'issue_refund') });
    expect(findingsOf(elsewhere)).toMatch(/vote of ana/);
    const otherRun = { ...untouched, run: { ...untouched.run, id: 'run_2' as RunId } };
    expect(findingsOf(otherRun)).toMatch(/vote of ana/);
  });

  test('the requester’s own vote does not count, however it was signed', () => {
    expect(kindOf([cast({ by: 'otto' }), cast({ by: 'ana' })])).not.toBe('holds');
  });
});

test('one person’s two votes are one', () => {
  const again = { ...cast({ by: 'ana' }), id: 'dec_again' as DecisionId };
  expect(kindOf([yes[0]!, again])).not.toBe('holds');
});

test('a digest of these arguments is not that of their text in another order', () => {
  const reordered = { amountCents: 125_000, orderId: '44' };
  expect(digestOf(reordered)).toBe(digestOf(planned) satisfies Digest);
});
