/** Which runs are listed: kept in the address, so that a narrowed list can be sent to someone. */
import { navigate } from '../api/location.js';
import { runsPath, statusesInOrder, type RunsQuery } from '../words/routes.js';
import { useAgents } from './use-agents.js';

export function RunFilter({ query }: { readonly query: RunsQuery }) {
  const { status, agent } = query;
  const agents = useAgents();
  return (
    <div class="filter" role="group" aria-label="Which runs">
      <nav aria-label="By status" class="chips">
        {[null, ...statusesInOrder].map((choice) => (
          <a
            key={choice}
            href={runsPath({ status: choice, agent })}
            aria-current={choice === status ? 'true' : undefined}
          >
            {choice ?? 'all'}
          </a>
        ))}
      </nav>
      {agents.length > 1 && (
        <label>
          Agent{' '}
          <select
            value={agent ?? ''}
            onChange={({ currentTarget }) =>
              navigate(runsPath({ status, agent: currentTarget.value || null }))
            }
          >
            <option value="">all</option>
            {agents.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}
