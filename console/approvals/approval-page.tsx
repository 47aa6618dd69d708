/** The page of one question: a link that can be sent to the person who decides. */
import type { ApprovalView } from '../../contracts/approval.js';
import { get } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';
import { PageTitle } from '../parts/page-title.js';
import { ProblemBox } from '../parts/problem-box.js';
import { ApprovalCard } from './approval-card.js';

interface ApprovalPageProps {
  readonly id: string;
  readonly onChange: () => void;
}

export function ApprovalPage({ id, onChange }: ApprovalPageProps) {
  const path = `/v1/approvals/${encodeURIComponent(id)}`;
  const { data, problem, refresh } = usePolled(path, () => get<ApprovalView>(path));
  const learned = (): void => {
    refresh();
    onChange();
  };
  return (
    <section aria-labelledby="page-title">
      <PageTitle>A decision</PageTitle>
      <ProblemBox problem={problem} />
      {data !== null && <ApprovalCard approval={data} showsRun heading="h2" onLearned={learned} />}
    </section>
  );
}
