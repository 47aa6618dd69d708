/** Whose run asks: who started it, with which words, and when it asked. */
import { useEffect, useState } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import type { RunView } from '../../contracts/run.js';
import { find } from '../api/request.js';
import { Clock } from '../parts/times.js';
import { runPath } from '../words/routes.js';
import { askedOf } from '../words/runs.js';

export function Asker({ approval }: { readonly approval: ApprovalView }) {
  const { runId, requestedAt, links } = approval;
  const [run, setRun] = useState<RunView | null>(null);
  useEffect(() => {
    let isOver = false;
    void find<RunView>(links.run).then((found) => {
      if (!isOver) setRun(found);
    });
    return () => {
      isOver = true;
    };
  }, [links.run]);
  return (
    <p class="small">
      {run !== null && `${run.requestedBy} started ${run.agent.name}: `}
      <a href={runPath(runId)}>{run === null ? runId : askedOf(run)}</a>
      {' · asked at '}
      <Clock at={requestedAt} />
    </p>
  );
}
