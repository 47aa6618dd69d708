/** What the run was asked, by whom, and where else it can be looked at. */
import type { RunView } from '../../contracts/run.js';
import { Badge } from '../parts/badge.js';
import { OutwardLink } from '../parts/link.js';
import { PageTitle } from '../parts/page-title.js';
import { Quote } from '../parts/quote.js';
import { Clock } from '../parts/times.js';
import { messageOf } from '../words/amounts.js';
import { askedOf } from '../words/runs.js';

const versionCharacters = 8;

export function RunHeader({ run }: { readonly run: RunView }) {
  const { id, agent, input, status, requestedBy, createdAt, links, tags } = run;
  const title = askedOf(run);
  const message = messageOf(input).trim();
  return (
    <header class="head">
      <div class="title">
        <PageTitle>{title}</PageTitle>
        <Badge status={status} />
      </div>
      {message !== '' && message !== title && <Quote text={message} />}
      <p class="small">
        {requestedBy} started {agent.name} (version {agent.version.slice(0, versionCharacters)}) at{' '}
        <Clock at={createdAt} /> · <code>{id}</code>
        {tags.map((tag) => (
          <span class="mark" key={tag}>
            {tag}
          </span>
        ))}
        {links.temporalUi !== null && (
          <>
            {' · '}
            <OutwardLink href={links.temporalUi}>Open in the Temporal UI</OutwardLink>
          </>
        )}
      </p>
    </header>
  );
}
