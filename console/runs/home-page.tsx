/** The first page: what waits for people, then what can be started, then what runs. */
import type { ApprovalView } from '../../contracts/approval.js';
import type { RunView } from '../../contracts/run.js';
import { get } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';
import { ApprovalList } from '../approvals/approval-list.js';
import { pageTitleId } from '../parts/page-title.js';
import { ProblemBox } from '../parts/problem-box.js';
import { Section } from '../parts/section.js';
import { runsPath } from '../words/routes.js';
import { RunList } from './run-list.js';
import { StartForm } from './start-form.js';

interface HomePageProps {
  /** Null until they are known. */
  readonly pending: readonly ApprovalView[] | null;
  /** Runs that want a person's word on what nobody knows. */
  readonly parked: readonly RunView[];
  readonly onChange: () => void;
}

const newest = '/v1/runs?limit=10';

export function HomePage({ pending, parked, onChange }: HomePageProps) {
  const runs = usePolled(newest, () => get<{ data: readonly RunView[] }>(newest));
  const changed = (): void => {
    onChange();
    runs.refresh();
  };
  return (
    <>
      <h1 id={pageTitleId} class="unseen" tabIndex={-1}>
        Belay console
      </h1>
      <Section id="pending" title="Waiting for a decision">
        {pending?.length === 0 && <p class="empty">Nothing waits for a decision.</p>}
        <ApprovalList listed={pending ?? none} showsRun onChange={changed} />
      </Section>
      {parked.length > 0 && (
        <Section id="unknown" title="Not known whether it happened">
          <RunList runs={parked} wanted="Say what happened" />
        </Section>
      )}
      <Section id="start-a-run" title="Start a run">
        <StartForm />
      </Section>
      <Section id="newest-runs" title="Newest runs">
        <ProblemBox problem={runs.problem} />
        {runs.data?.data.length === 0 && <p class="empty">No runs yet. Start one above.</p>}
        {runs.data !== null && runs.data.data.length > 0 && (
          <>
            <RunList runs={runs.data.data} />
            <p>
              <a href={runsPath()}>All runs</a>
            </p>
          </>
        )}
      </Section>
    </>
  );
}

const none: readonly ApprovalView[] = [];
