/** One standing grant: its terms, how much of it is used, who gave it, and what can be done about it. */
import type { GrantView } from '../../contracts/grant.js';
import { serverNow } from '../api/clock.js';
import { Badge } from '../parts/badge.js';
import { Fold } from '../parts/fold.js';
import { Quote } from '../parts/quote.js';
import { Clock, Ticking } from '../parts/times.js';
import {
  grantScopeWords,
  grantStatusWords,
  grantTitle,
  grantUntilWords,
  grantVotesWords,
  isUnbounded,
} from '../words/grants.js';
import { clockWords } from '../words/times.js';
import { GrantUses } from './grant-uses.js';
import { RevokeForm } from './revoke-form.js';
import { VoteForm } from './vote-form.js';

interface GrantCardProps {
  readonly grant: GrantView;
  readonly onChange: () => void;
}

export function GrantCard({ grant, onChange }: GrantCardProps) {
  const { id, status, reason, viewer, proposedBy, proposedAt } = grant;
  const isOpen = status === 'proposed' || status === 'active';
  return (
    <article
      class={`card is-${status === 'proposed' ? 'pending' : status}`}
      aria-labelledby={`grant-${id}`}
      data-grant={id}
    >
      <header>
        <h3 id={`grant-${id}`}>{grantTitle(grant)}</h3>
        <Badge status={status} />
      </header>
      <p class="small">
        {proposedBy} proposed it at <Clock at={proposedAt} />: {grantStatusWords[status]}
      </p>
      <Quote text={reason} />
      <Terms grant={grant} />
      <Revoked grant={grant} />
      <Fold title="What it was used for">{() => <GrantUses grant={grant} />}</Fold>
      {viewer.canVote && <VoteForm grant={grant} onVoted={onChange} />}
      {viewer.canRevoke && <RevokeForm grant={grant} onRevoked={onChange} />}
      {isOpen && <p class="small">{viewer.why}</p>}
    </article>
  );
}

type GrantProps = Pick<GrantCardProps, 'grant'>;

const Terms = ({ grant }: GrantProps) => (
  <dl class="facts">
    <dt>Covers</dt>
    <dd>
      {grantScopeWords(grant)}
      {!isUnbounded(grant.when) && (
        <pre class="json" dir="ltr">
          {grant.when}
        </pre>
      )}
    </dd>
    <dt>Used</dt>
    <dd>
      {grant.used} of {grant.uses}{' '}
      <meter
        min={0}
        max={grant.uses}
        value={grant.used}
        aria-label={`${grant.used} of ${grant.uses} uses`}
      />
    </dd>
    <dt>Holds until</dt>
    <dd>
      <Ticking text={(nowMs) => grantUntilWords(grant, nowMs)} />
    </dd>
    <dt>Votes</dt>
    <dd>{grantVotesWords(grant)}</dd>
  </dl>
);

function Revoked({ grant: { revokedBy, revokedAt, revokeReason } }: GrantProps) {
  if (revokedAt === null) return null;
  return (
    <>
      <p class="outcome">
        {revokedBy} revoked it at {clockWords(revokedAt, serverNow())}.
      </p>
      {revokeReason !== null && <Quote text={revokeReason} />}
    </>
  );
}
