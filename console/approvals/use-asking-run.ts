/** The run that asks a question, read once. */
import { useEffect, useState } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import type { RunView } from '../../contracts/run.js';
import { find } from '../api/request.js';

/** Null until it is known. */
export function useAskingRun({ links }: Pick<ApprovalView, 'links'>): RunView | null {
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
  return run;
}
