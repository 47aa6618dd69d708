/** The page of one question: a link that can be sent to the person who decides. */
import { useEffect, useRef } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import { get } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';
import { pageTitleId, PageTitle } from '../parts/page-title.js';
import { ProblemBox } from '../parts/problem-box.js';
import { ApprovalCard } from './approval-card.js';

interface ApprovalPageProps {
  readonly id: string;
  readonly onChange: () => void;
}

export function ApprovalPage({ id, onChange }: ApprovalPageProps) {
  const path = `/v1/approvals/${encodeURIComponent(id)}`;
  const { data, problem, refresh } = usePolled(path, () => get<ApprovalView>(path));
  const section = useRef<HTMLElement>(null);
  const isThere = data !== null;
  useEffect(() => {
    // The question is what the page is about: its keys act once it has the focus.
    const { activeElement } = document;
    const isFree = activeElement === document.body || activeElement?.id === pageTitleId;
    if (isThere && isFree) section.current?.querySelector('article')?.focus();
  }, [isThere]);
  const learned = (): void => {
    refresh();
    onChange();
  };
  return (
    <section aria-labelledby="page-title" ref={section}>
      <PageTitle>A decision</PageTitle>
      <ProblemBox problem={problem} />
      {data !== null && (
        <ApprovalCard approval={data} showsRun isAlone heading="h2" onLearned={learned} />
      )}
    </section>
  );
}
