/** What decisions are judged by in a gateway: policy, argument checks, and its signing key. */
import { checkArguments } from '../policy/arguments.js';
import { createJudge } from '../policy/judge.js';
import { mayDecide } from '../policy/may-decide.js';
import { digestOf } from '../runtime/digest.js';
import type { Signer } from '../runtime/signing.js';
import type { DecisionLaw } from '../store/judging.js';

const judge = createJudge(digestOf);

/** The law of one gateway: its votes are signed with its own key. */
export const decisionLaw = (signer: Signer): DecisionLaw => ({
  mayDecide,
  checkArguments,
  judge,
  sign: (body) => signer.sign('vote', body),
});
