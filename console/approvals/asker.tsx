/** Whose run asks: who started it, with which words, and when it asked. */
import type { ApprovalView } from '../../contracts/approval.js';
import { Clock } from '../parts/times.js';
import { runPath } from '../words/routes.js';
import { askedOf } from '../words/runs.js';
import { useAskingRun } from './use-asking-run.js';

export function Asker({ approval }: { readonly approval: ApprovalView }) {
  const { runId, requestedAt } = approval;
  const run = useAskingRun(approval);
  return (
    <p class="small">
      {run !== null && `${run.requestedBy} started ${run.agent.name}: `}
      <a href={runPath(runId)}>{run === null ? runId : askedOf(run)}</a>
      {' · asked at '}
      <Clock at={requestedAt} />
    </p>
  );
}
