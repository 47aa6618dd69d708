/** What would happen, with which arguments, why people are asked, and until when. */
import type { ApprovalView } from '../../contracts/approval.js';
import { Fold } from '../parts/fold.js';
import { Json } from '../parts/json.js';
import { Ticking } from '../parts/times.js';
import { expirySentence } from '../words/approvals.js';
import { askedWords, escalationSentence, quorumWords } from '../words/votes.js';
import { Arguments } from './arguments.js';
import { WhatItDoes } from './what-it-does.js';

interface QuestionDetailsProps {
  readonly approval: ApprovalView;
}

export const QuestionDetails = ({ approval }: QuestionDetailsProps) => (
  <>
    <WhatItDoes preview={approval.preview} />
    <Arguments tool={approval.tool} args={approval.args} originalArgs={approval.originalArgs} />
    <dl class="facts">
      <dt>Why you are asked</dt>
      <dd>
        {approval.reason} <span class="small">Rule {approval.rule}.</span>
      </dd>
      <dt>Who may decide</dt>
      <dd>{askedWords(approval)}</dd>
      {approval.quorum > 1 && (
        <>
          <dt>Votes</dt>
          <dd>{quorumWords(approval)}</dd>
        </>
      )}
      {approval.status === 'pending' && <Deadline approval={approval} />}
    </dl>
    <Because approval={approval} />
  </>
);

const Deadline = ({ approval }: QuestionDetailsProps) => (
  <>
    <dt>Until</dt>
    <dd>
      <p>
        <Ticking text={(nowMs) => expirySentence(approval, nowMs)} />
      </p>
      {approval.escalation[approval.level] !== undefined && (
        <p>
          <Ticking text={(nowMs) => escalationSentence(approval, nowMs) ?? ''} />
        </p>
      )}
    </dd>
  </>
);

/** The rule as it stands in the policy, and what it saw of this call. */
const Because = ({ approval: { rule, because } }: QuestionDetailsProps) => (
  <Fold title="The rule that asks, and what it saw">
    {() =>
      because.when === null ? (
        <p>Belay itself asks ({rule}): no rule of the agent’s policy decides such a call.</p>
      ) : (
        <div class="because">
          <p>
            Rule <code>{rule}</code> asks where this holds:
          </p>
          <pre class="json" dir="ltr">
            {because.when}
          </pre>
          {because.inputs !== null && (
            <>
              <p>Beside the arguments it saw:</p>
              <Json value={because.inputs} />
            </>
          )}
        </div>
      )
    }
  </Fold>
);
