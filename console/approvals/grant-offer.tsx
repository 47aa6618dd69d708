/** From one question to the next ones like it: a grant that is filled in from this call. */
import { useState } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import { ProposeForm } from '../grants/propose-form.js';
import { Fold } from '../parts/fold.js';
import { boundOf } from '../words/grants.js';
import { grantsPath } from '../words/routes.js';
import { useAskingRun } from './use-asking-run.js';

interface GrantOfferProps {
  readonly approval: ApprovalView;
}

/** Nothing where Belay itself asks, or where nothing outside is changed: no grant covers that. */
export function GrantOffer({ approval }: GrantOfferProps) {
  const { effectKey, because } = approval;
  if (effectKey === null || because.when === null) return null;
  return (
    <Fold title="Allow the next ones like this without asking…">
      {() => <Offer approval={approval} />}
    </Fold>
  );
}

function Offer({ approval }: GrantOfferProps) {
  const { id, tool, rule, args, argsSchema } = approval;
  const run = useAskingRun(approval);
  const [isProposed, setProposed] = useState(false);
  if (isProposed) {
    return (
      <p role="status">
        Proposed, with your vote. It holds once as many have voted as the rule demands:{' '}
        <a href={grantsPath}>standing grants</a>. This question is still open.
      </p>
    );
  }
  if (run === null) return null;
  const terms = { agent: run.agent.name, tool, rule, when: boundOf(args, argsSchema) };
  return <ProposeForm id={id} terms={terms} onProposed={() => setProposed(true)} />;
}
