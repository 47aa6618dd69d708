/** A standing grant as one principal sees it. */
import type { GrantView } from '../contracts/grant.js';
import { holds, type Principal } from '../contracts/principal.js';
import type { GrantRecord } from '../store/grant-views.js';
import { mayVote } from './grant-law.js';

/** A grant with its links, and what the one who looks may do. */
export const grantView = (principal: Principal, record: GrantRecord): GrantView => ({
  ...record,
  viewer: viewerOf(principal, record),
  links: {
    self: `/v1/grants/${record.id}`,
    votes: `/v1/grants/${record.id}/votes`,
    revocation: `/v1/grants/${record.id}/revocation`,
    uses: `/v1/grants/${record.id}/uses`,
  },
});

function viewerOf(
  principal: Principal,
  { status, votes, approvers }: GrantRecord,
): GrantView['viewer'] {
  const isOver = status === 'revoked' || status === 'expired';
  const canRevoke = !isOver && holds(principal, 'grants:revoke');
  if (status !== 'proposed') return { canVote: false, canRevoke, why: `The grant is ${status}.` };
  if (votes.some(({ by }) => by === principal.id)) {
    return { canVote: false, canRevoke, why: 'You have voted for it.' };
  }
  const { canDecide, why } = mayVote(principal, approvers);
  return { canVote: canDecide, canRevoke, why };
}
