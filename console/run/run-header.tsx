/** What the run was asked, by whom, and where else it can be looked at. */
import type { RunView } from '../../contracts/run.js';
import { Badge } from '../parts/badge.js';
import { OutwardLink } from '../parts/link.js';
import { PageTitle } from '../parts/page-title.js';
import { Quote } from '../parts/quote.js';
import { Clock } from '../parts/times.js';
import { askedOf, saidTo } from '../words/runs.js';

interface RunHeaderProps {
  readonly id: string;
  /** Null until it is known. The heading is the same element then: it may have the focus. */
  readonly run: RunView | null;
}

export const RunHeader = ({ id, run }: RunHeaderProps) => (
  <header class="head">
    <div class="title">
      <PageTitle>{run === null ? `Run ${id}` : askedOf(run)}</PageTitle>
      {run !== null && <Badge status={run.status} />}
    </div>
    {run !== null && <Origin run={run} />}
  </header>
);

const versionCharacters = 8;

function Origin({ run }: { readonly run: RunView }) {
  const { id, agent, requestedBy, createdAt, links, tags } = run;
  const message = saidTo(run);
  return (
    <>
      {message !== '' && message !== askedOf(run) && <Quote text={message} />}
      <p class="small">
        {requestedBy} started {agent.name} (version {agent.version.slice(0, versionCharacters)}) at{' '}
        <Clock at={createdAt} /> · <code>{id}</code>
        {links.temporalUi !== null && (
          <>
            {' · '}
            <OutwardLink href={links.temporalUi}>Open in the Temporal UI</OutwardLink>
          </>
        )}
        {tags.map((tag) => (
          <span class="mark" key={tag}>
            {tag}
          </span>
        ))}
      </p>
    </>
  );
}
