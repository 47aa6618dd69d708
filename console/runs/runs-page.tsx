/** Every run, newest first: narrowed by what the address says, a page at a time. */
import type { RunView } from '../../contracts/run.js';
import { get } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';
import { PageTitle } from '../parts/page-title.js';
import { ProblemBox } from '../parts/problem-box.js';
import { runsPath, searchOf, type RunsQuery } from '../words/routes.js';
import { RunFilter } from './run-filter.js';
import { RunList } from './run-list.js';

interface RunPage {
  readonly data: readonly RunView[];
  readonly nextCursor: string | null;
}

const pageRows = 25;

export function RunsPage({ query }: { readonly query: RunsQuery }) {
  const path = `/v1/runs?limit=${pageRows}&${searchOf(query)}`;
  const { data, problem } = usePolled(path, () => get<RunPage>(path));
  const { status, agent, cursor } = query;
  const isNarrowed = status !== null || agent !== null;
  return (
    <section aria-labelledby="page-title">
      <PageTitle>Runs</PageTitle>
      <RunFilter query={query} />
      <ProblemBox problem={problem} />
      {data !== null && data.data.length > 0 && <RunList runs={data.data} />}
      {data?.data.length === 0 && (
        <p class="empty">
          {isNarrowed ? 'No run is like this.' : 'No runs yet.'}{' '}
          <a href={isNarrowed ? runsPath() : '/'}>{isNarrowed ? 'Show all' : 'Start one'}</a>
        </p>
      )}
      <nav class="pages" aria-label="Pages of runs">
        {cursor !== null && <a href={runsPath({ status, agent })}>← Newest runs</a>}
        {data !== null && data.nextCursor !== null && (
          <a href={runsPath({ ...query, cursor: data.nextCursor })}>Older runs →</a>
        )}
      </nav>
    </section>
  );
}
