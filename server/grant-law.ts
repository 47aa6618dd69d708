/** What standing grants are judged by in a gateway: who may decide, and its signing key. */
import { mayDecide } from '../policy/may-decide.js';
import type { Signer } from '../runtime/signing.js';
import type { GrantLaw } from '../store/grant-changes.js';

/** Whoever may decide under the rule of a grant. No run is meant yet, so nobody has asked for it. */
export const mayVote: GrantLaw['mayVote'] = (principal, approvers) =>
  mayDecide(principal, { approvers, requesterMayDecide: true, requestedBy: '' });

/** The law of one gateway: its votes are signed with its own key. */
export const grantLaw = (signer: Signer): GrantLaw => ({
  mayVote,
  sign: (body) => signer.sign('grant-vote', body),
});
