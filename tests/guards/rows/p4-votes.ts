/** P4: votes that count, and authority that Postgres alone cannot make. */
import type { Guard } from '../guard.js';

const authority = 'tests/activities/authority.test.ts';
const tampering = 'tests/e2e/tampering.integration.test.ts';
const votes = 'tests/store/votes.integration.test.ts';
const withdrawals = 'tests/store/withdrawals.integration.test.ts';

export const voteGuards: readonly Guard[] = [
  {
    promise: 'P4',
    guard: 'A yes to other arguments than those that are sent starts nothing',
    owner: 'activities/authority.ts',
    from: `...(approval.argsDigest === actual ? [] : ['arguments: the question is about others']),`,
    to: '',
    test: { file: authority, name: 'arguments of the question' },
  },
  {
    promise: 'P4',
    guard: 'An edit passes the policy anew: what it denies is not made',
    owner: 'store/decisions.ts',
    from: `if (judgement.verdict === 'deny') return { code: 'edit-refused', detail: judgement.reason };`,
    to: '',
    test: { file: votes, name: 'to what the policy denies is refused, and the question stands' },
  },
  {
    promise: 'P4',
    guard: 'An edit passes the schema of its tool',
    owner: 'store/decisions.ts',
    from: 'if (problems.length > 0) return',
    to: 'if (problems.length < 0) return',
    test: { file: votes, name: 'to what its tool does not take is refused' },
  },
  {
    promise: 'P4',
    guard: 'Who edits must be allowed by the rule for the new arguments too',
    owner: 'store/decisions.ts',
    from: "if (!canDecide) return { code: 'forbidden', detail: `For these arguments: ${why}` };",
    to: '',
    test: { file: votes, name: 'to what its author may not decide is refused' },
  },
  {
    promise: 'P4',
    guard: 'Votes on arguments that were changed count no more',
    owner: 'contracts/voting.ts',
    from: 'vote.round === round &&',
    to: '',
    test: { file: votes, name: 'voids the votes before it' },
  },
  {
    promise: 'P4',
    guard: 'A vote below the quorum decides nothing',
    owner: 'store/decisions.ts',
    from: `if (counted >= level.quorum) writeFinal(judging, cast, 'approved');`,
    to: `if (counted > 0) writeFinal(judging, cast, 'approved');`,
    test: { file: votes, name: 'below the quorum decides nothing and sends nothing' },
  },
  {
    promise: 'P4',
    guard: 'Nobody votes twice on the same arguments',
    owner: 'store/decision-refusals.ts',
    from: `return fresh.decision === 'approve' && own !== undefined`,
    to: `return fresh.decision === 'approve' && own === null`,
    test: { file: votes, name: 'a second time on the same arguments is refused' },
  },
  {
    promise: 'P4',
    guard: 'A vote that is not what its gateway signed starts nothing',
    owner: 'activities/authority.ts',
    from: `.filter(({ verification }) => verification === 'invalid')`,
    to: '.filter(() => false)',
    test: { file: authority, name: 'the verdict of a vote' },
  },
  {
    promise: 'P4',
    guard: 'Arguments that nobody planned or signed are not sent',
    owner: 'activities/authority.ts',
    from: `...(isKnown(actual, history, votes) ? [] : ['arguments: nobody planned or signed these']),`,
    to: '',
    test: { file: authority, name: 'the arguments and every digest of them' },
  },
  {
    promise: 'P4',
    guard: 'The quorum is the rule’s, whatever the row of the question says',
    owner: 'activities/authority.ts',
    from: 'isSameRule && approval.quorum !== level.quorum',
    to: 'isSameRule && approval.quorum < 0',
    test: { file: authority, name: 'the quorum of the question' },
  },
  {
    promise: 'P4',
    guard: 'A policy whose text is not what the run is pinned to allows nothing',
    owner: 'activities/attempt-terms.ts',
    from: 'checkAuthority: (facts) => (isPinned ? checkAuthority(authority, facts) : notPinned),',
    to: 'checkAuthority: (facts) => checkAuthority(authority, facts),',
    test: { file: tampering, name: 'the text of the policy' },
  },
  {
    promise: 'P4',
    guard: 'A yes that can still be taken back starts nothing',
    owner: 'store/approvals.ts',
    from: `if (heldMs > 0) return { kind: 'undecided', remainingMs: heldMs };`,
    to: '',
    test: { file: withdrawals, name: 'is not carried out while it can be taken back' },
  },
  {
    promise: 'P4',
    guard: 'Votes of a revoked person are void when they are counted',
    owner: 'store/votes.ts',
    from: 'AND principal.revoked_at IS NULL`;',
    to: '`;',
    test: { file: votes, name: 'of a person who was revoked is void' },
  },
  {
    promise: 'P4',
    guard: 'What is called a person’s word on an effect is believed under a signature',
    owner: 'store/resolutions.ts',
    from: 'if (keyId !== null && signature !== null && isSigned(body, { keyId, signature })) return;',
    to: 'if (keyId !== null || signature === null) return;',
    test: {
      file: 'tests/store/resolutions.integration.test.ts',
      name: 'that nobody signed',
    },
  },
  {
    promise: 'P4',
    guard: 'What people change after a worker has read it is read again, and is no alarm',
    owner: 'activities/authority.ts',
    from: "if (facts.call.argsDigest !== terms.argsDigest) return { kind: 'moved' };",
    to: '',
    test: {
      file: 'tests/activities/run-tool.integration.test.ts',
      name: 'is read again, and sent as they changed it',
    },
  },
];
