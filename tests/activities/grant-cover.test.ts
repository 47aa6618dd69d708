/** What a grant covers, held against its signed votes and the pinned policy (P4). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { coverOf, coverOfUse, type GrantedCall } from '../../activities/grant-cover.js';
import { judge } from '../../activities/judge.js';
import type { AgentSpec, AgentVersion, PolicyRule } from '../../contracts/agent.js';
import type { GrantTerms } from '../../contracts/grant.js';
import type { Digest, EffectKey, GrantId } from '../../contracts/ids.js';
import { canonicalJson, digestOf } from '../../runtime/digest.js';
import { createVerifier, type Signer } from '../../runtime/signing.js';
import type { GrantRow, GrantVoteRow } from '../../store/grants.js';
import {
  agent,
  gateway,
  large,
  runId,
  spec,
  stranger,
  version,
} from '../support/authority-facts.js';

const grantId = 'grt_1' as GrantId;
const effectKey = 'key' as EffectKey;
const expiresAt = '2026-12-05T12:00:00.000Z';
const usual: GrantTerms = {
  agent: agent.name,
  tool: spec.name,
  rule: large.id,
  ruleDigest: digestOf(large),
  toolDigest: digestOf(spec),
  when: 'args.amountCents <= 150000',
  uses: 20,
  expiresAt,
};

interface Voter {
  readonly by: string;
  readonly signer?: Signer;
  readonly labels?: readonly string[] | null;
}

/** A grant as a gateway signs and stores it; two of finance voted unless it says otherwise. */
function grantOf(
  changes: Partial<GrantTerms> = {},
  voters: readonly Voter[] = [{ by: 'ana' }, { by: 'ben' }],
): GrantRow {
  const terms = { ...usual, ...changes };
  const termsDigest = digestOf(terms);
  const at = '2026-11-28T11:00:00.000Z';
  const votes = voters.map(({ by, signer = gateway, labels = ['finance'] }): GrantVoteRow => {
    const body = { tenantId: 'default', grantId, termsDigest, by, at };
    const roles = labels === null ? null : (['approver'] as const);
    return { by, at, ...signer.sign('grant-vote', body), roles, labels };
  });
  return {
    id: grantId,
    agent: terms.agent,
    tool: terms.tool,
    rule: terms.rule,
    terms: canonicalJson(terms),
    termsDigest,
    uses: terms.uses,
    used: 1,
    taken: 1,
    expiresAt: terms.expiresAt,
    isActive: true,
    isRevoked: false,
    isExpired: false,
    votes,
  };
}

interface Made {
  readonly amountCents?: number;
  readonly requestedBy?: string;
  readonly isTainted?: boolean;
  readonly policy?: readonly PolicyRule[];
  readonly args?: unknown;
}

/** A refund of 1,250.00 EUR that otto asked for. */
function callOf(made: Made = {}): GrantedCall {
  const { amountCents = 125_000, requestedBy = 'otto', isTainted = false, policy } = made;
  const own: AgentVersion =
    policy === undefined
      ? version
      : { digest: 'other' as Digest, spec: { ...agent, policy } satisfies AgentSpec };
  const args = made.args ?? { orderId: '44', amountCents };
  const at = '2026-11-28T12:00:00.000Z';
  const run = { runId, requestedBy, turn: 1, spentMicrosUsd: 0, isTainted, at };
  const { judgement, inputs } = judge(own, run, { name: spec.name, effect: spec.effect }, args);
  const verifier = createVerifier([{ keyId: gateway.keyId, key: gateway.publicKey }]);
  const seen = { ...inputs, args };
  return { verifier, tenantId: 'default', version: own, spec, judgement, inputs: seen, isTainted };
}

const whyOf = (grant: GrantRow, call: GrantedCall = callOf()): string => {
  const cover = coverOf(call, grant);
  if (cover.kind === 'tampered') return cover.findings.join('; ');
  return cover.kind === 'lapsed' ? cover.why : 'holds';
};

describe('a grant covers', () => {
  test('a call of its agent, tool and rule for which its condition holds', () => {
    expect(whyOf(grantOf())).toBe('holds');
    expect(whyOf(grantOf({ when: 'true' }), callOf({ amountCents: 900_000 }))).toBe('holds');
  });

  test('a call of who voted for it only where the rule lets the requester decide', () => {
    expect(whyOf(grantOf(), callOf({ requestedBy: 'ana' }))).toMatch(/^ana asked for this run/);
    const three = grantOf({}, [{ by: 'ana' }, { by: 'ben' }, { by: 'cleo' }]);
    expect(whyOf(three, callOf({ requestedBy: 'ana' }))).toBe('holds');
    const own = { ...large, requesterMayDecide: true };
    const call = callOf({ policy: [own], requestedBy: 'ana' });
    expect(whyOf(grantOf({ ruleDigest: digestOf(own) }), call)).toBe('holds');
  });
});

describe('people are asked', () => {
  test.each<[string, string, GrantRow, Made?]>([
    ['beyond its condition', 'its condition does not hold', grantOf(), { amountCents: 150_001 }],
    [
      'where its condition cannot be evaluated',
      'its condition could not be evaluated',
      grantOf({ when: 'args.nothing == 1' }),
    ],
    ['by another rule', 'another rule asks', grantOf(), { amountCents: 40_000 }],
    [
      'by the same rule with another content',
      'another rule asks',
      grantOf(),
      { policy: [{ ...large, quorum: 1 }] },
    ],
    [
      'where another tool stands under its name',
      'the tool is another one',
      grantOf({ toolDigest: digestOf({}) }),
    ],
    ['for another agent', 'it is for another agent', grantOf({ agent: 'another' })],
    ['for another tool', 'it is for another agent or tool', grantOf({ tool: 'send_email' })],
    ['in a run that has read what strangers wrote', 'strangers', grantOf(), { isTainted: true }],
    [
      'where the rule could not be evaluated',
      'its rule could not be evaluated',
      grantOf({ when: 'true' }),
      { args: { orderId: '44' } },
    ],
    [
      'where a voter may not decide any more',
      'ben may not decide it any more',
      grantOf({}, [{ by: 'ana' }, { by: 'ben', labels: [] }]),
    ],
    [
      'where a voter is revoked',
      'ben may not decide it any more',
      grantOf({}, [{ by: 'ana' }, { by: 'ben', labels: null }]),
    ],
    [
      'where a key is not trusted any more',
      'a key that signed a vote is not trusted any more',
      grantOf({}, [{ by: 'ana' }, { by: 'ben', signer: stranger }]),
    ],
  ])('%s', (_what, why, grant, ...[made]) => {
    expect(whyOf(grant, callOf(made))).toContain(why);
  });

  test('about what strangers may have asked for, although the rule allows it by itself', () => {
    const open: PolicyRule = { ...large, decision: 'allow' };
    const call = callOf({ policy: [open], isTainted: true });
    expect(call.judgement.verdict).toBe('ask');
    const grant = grantOf({ ruleDigest: digestOf(open), when: 'true' });
    expect(whyOf(grant, call)).not.toBe('holds');
    expect(whyOf(grant, { ...call, isTainted: false })).toBe('its rule could not be evaluated');
  });
});

describe('a use that was reserved', () => {
  const use = { grantId, effectKey, isDispatched: false };
  const held = (changes: Partial<GrantRow> = {}, its: object = {}) => ({
    grant: { ...grantOf(), ...changes },
    use,
    effectKey,
    ...its,
  });
  const kindOf = (facts: Parameters<typeof coverOfUse>[1]) => {
    const cover = coverOfUse(callOf(), facts);
    return cover.kind === 'lapsed' ? cover.why : cover.kind;
  };

  test('holds while its grant is live, the last one too', () => {
    expect(kindOf(held())).toBe('holds');
    expect(kindOf(held({ used: 20, taken: 20 }))).toBe('holds');
  });

  test.each<[string, Parameters<typeof coverOfUse>[1], string]>([
    ['that was revoked', held({ isRevoked: true }), 'it was revoked'],
    ['that has expired', held({ isExpired: true }), 'it has expired'],
    ['that is not active', held({ isActive: false }), 'it is not active'],
    ['that is not there', held({}, { grant: undefined }), 'it is not known'],
    ['of which nothing is reserved', held({}, { use: null }), 'no use of it is reserved'],
    [
      'that is reserved for another effect',
      held({}, { use: { ...use, effectKey: 'other' as EffectKey } }),
      'no use of it is reserved',
    ],
    [
      'that is of another grant',
      held({}, { use: { ...use, grantId: 'grt_2' as GrantId } }),
      'no use of it is reserved',
    ],
    ['whose uses were counted down', held({ used: 1, taken: 2 }), 'tampered'],
  ])('of a grant %s does not hold', (_what, facts, answer) => {
    expect(kindOf(facts)).toContain(answer);
  });
});

describe('tampering with a grant is found', () => {
  const other = grantOf({ uses: 900, when: 'true' });
  test.each<[string, Partial<GrantRow>, RegExp]>([
    ['its terms', { terms: other.terms }, /terms do not fit their digest/],
    [
      'its terms and their digest',
      { terms: other.terms, termsDigest: other.termsDigest },
      /row says other.*vote of ana.*vote of ben/,
    ],
    [
      'its terms, their digest and its row',
      { terms: other.terms, termsDigest: other.termsDigest, uses: 900 },
      /vote of ana/,
    ],
    ['its uses', { uses: 900 }, /row says other/],
    ['its expiry', { expiresAt: '2027-12-05T12:00:00.000Z' }, /row says other/],
    ['its agent', { agent: 'another' }, /row says other/],
    ['its tool', { tool: 'send_email' }, /row says other/],
    ['its id', { id: 'grt_2' as GrantId }, /vote of ana/],
    ['its votes, taken away', { votes: [] }, /without the votes/],
    ['one of its votes, taken away', { votes: grantOf().votes.slice(1) }, /without the votes/],
  ])('in %s', (_what, changes, finding) => {
    expect(whyOf({ ...grantOf(), ...changes })).toMatch(finding);
  });

  test('whatever is swapped in its rows, singly or all together: it never covers', () => {
    const digest = fc.constantFrom(digestOf({}), other.termsDigest);
    const vote = fc.record<Partial<GrantVoteRow>>(
      {
        by: fc.constantFrom('cleo', 'otto', 'mallory'),
        at: fc.constant('2026-11-28T10:00:00.000Z'),
        keyId: fc.constant(stranger.keyId),
        signature: fc.constant(other.votes[0]!.signature),
      },
      { requiredKeys: [] },
    );
    const row = fc.record<Partial<GrantRow>>(
      {
        id: fc.constant('grt_2' as GrantId),
        terms: fc.constantFrom(other.terms, 'null', '{'),
        termsDigest: digest,
        uses: fc.constantFrom(900, 21),
        expiresAt: fc.constant('2027-01-01T00:00:00.000Z'),
        rule: fc.constant('small'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(row, vote, vote, (changes, first, second) => {
        const swaps = [changes, first, second].flatMap((each) => Object.keys(each));
        fc.pre(swaps.length > 0);
        const { votes, ...untouched } = grantOf();
        const swapped = [
          { ...votes[0]!, ...first },
          { ...votes[1]!, ...second },
        ];
        expect(whyOf({ ...untouched, ...changes, votes: swapped })).not.toBe('holds');
      }),
      { numRuns: 2_000 },
    );
  });

  test('one person’s vote, twice, is one', () => {
    const twice = grantOf({}, [{ by: 'ana' }, { by: 'ana' }]);
    expect(whyOf(twice)).toMatch(/without the votes/);
  });

  test('a vote for a question is none for a grant', () => {
    const grant = grantOf();
    const { termsDigest } = grant;
    const votes = grant.votes.map((vote) => {
      const body = { tenantId: 'default', grantId, termsDigest, by: vote.by, at: vote.at };
      return { ...vote, ...gateway.sign('vote', body) };
    });
    expect(whyOf({ ...grant, votes })).toMatch(/vote of ana/);
  });
});
