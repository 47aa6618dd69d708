/** What the pinned policy and tool of a call say, for tests of the store alone. */
import type { AttemptTerms } from '../../store/call-start.js';
import { askedQuestion } from './asked-run.js';

/** A tool whose service remembers keys for a day and answers within a second. */
export const terms: AttemptTerms = {
  verdict: 'ask',
  question: askedQuestion,
  ruleInputs: '{}',
  previews: false,
  taints: false,
  // What was signed is looked at by the activity.
  checkAuthority: () => ({ kind: 'holds' }),
  keyRetentionMs: 24 * 3_600_000,
  repeatWithinMs: 24 * 3_600_000,
  requestTimeoutMs: 1_000,
  visibilityLagMs: 0,
  repeats: null,
  grantId: null,
};
