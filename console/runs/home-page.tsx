/** The first page: what waits for people, then what can be started, then what runs. */
import { useRef } from 'preact/hooks';
import type { RunView } from '../../contracts/run.js';
import { get } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';
import { ApprovalList } from '../approvals/approval-list.js';
import { EffectList } from '../effects/effect-list.js';
import type { WaitingThings } from '../frame/use-waiting.js';
import { pageTitleId } from '../parts/page-title.js';
import { ProblemBox } from '../parts/problem-box.js';
import { Section } from '../parts/section.js';
import { runsPath } from '../words/routes.js';
import { RunList } from './run-list.js';
import { StartForm } from './start-form.js';

interface HomePageProps {
  /** Null until they are known. */
  readonly things: WaitingThings | null;
  readonly onChange: () => void;
}

const newest = '/v1/runs?limit=10';

export function HomePage({ things, onChange }: HomePageProps) {
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
      <Unknown parked={things?.parked ?? noEffects} onChange={changed} />
      <Section id="pending" title="Waiting for a decision">
        {things?.pending.length === 0 && <p class="empty">Nothing waits for a decision.</p>}
        <ApprovalList listed={things?.pending ?? none} showsRun onChange={changed} />
      </Section>
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

interface UnknownProps {
  readonly parked: WaitingThings['parked'];
  readonly onChange: () => void;
}

/** Kept on the page once it was there: what was answered stays readable. */
function Unknown({ parked, onChange }: UnknownProps) {
  const wasNeeded = useRef(false);
  wasNeeded.current ||= parked.length > 0;
  if (!wasNeeded.current) return null;
  return (
    <Section id="unknown" title="Not known whether it happened">
      {parked.length === 0 && <p class="empty">Nothing waits for anybody’s word.</p>}
      <EffectList listed={parked} showsRun onChange={onChange} />
    </Section>
  );
}

const none: WaitingThings['pending'] = [];
const noEffects: WaitingThings['parked'] = [];
