/** Runs as rows: what was asked, what came of it, and whom it waits for. */
import type { RunView } from '../../contracts/run.js';
import { Badge } from '../parts/badge.js';
import { Clock, Ticking } from '../parts/times.js';
import { runPath } from '../words/routes.js';
import { askedOf, cameOf } from '../words/runs.js';
import { ageWords } from '../words/times.js';
import { waitSentence } from '../words/waits.js';

interface RunListProps {
  readonly runs: readonly RunView[];
}

export const RunList = ({ runs }: RunListProps) => (
  <ul class="runs">
    {runs.map((run) => (
      <li key={run.id}>
        <Badge status={run.status} />
        <div>
          <a href={runPath(run.id)}>{askedOf(run)}</a>
          {cameOf(run) !== '' && (
            <p class="came" dir="auto">
              {cameOf(run)}
            </p>
          )}
          {run.waitingFor.map((wait) => (
            <p class="wait" key={`${wait.kind} ${wait.since}`}>
              <Ticking text={(nowMs) => waitSentence(wait, nowMs)} />
            </p>
          ))}
          <p class="small">
            {run.agent.name} · by {run.requestedBy} · <Clock at={run.createdAt} /> ·{' '}
            <Ticking text={(nowMs) => ageWords(run.createdAt, nowMs)} />
          </p>
        </div>
      </li>
    ))}
  </ul>
);
