/** Standing grants: those that wait for votes, those in force, and those that are over. */
import type { GrantStatus, GrantView } from '../../contracts/grant.js';
import { PageTitle } from '../parts/page-title.js';
import { ProblemBox } from '../parts/problem-box.js';
import { Section } from '../parts/section.js';
import { GrantCard } from './grant-card.js';
import { useGrants } from './use-grants.js';

interface GrantsPageProps {
  readonly onChange: () => void;
}

export function GrantsPage({ onChange }: GrantsPageProps) {
  const { data, problem, refresh } = useGrants();
  const changed = (): void => {
    refresh();
    onChange();
  };
  return (
    <>
      <section aria-labelledby="page-title">
        <PageTitle>Standing grants</PageTitle>
        <p>
          A grant is leave given beforehand: so many calls of one tool, under one rule, within
          bounds and for a time, are made without asking. It takes the same people and as many votes
          as the rule does. Offer one where a question asks: “Allow the next ones like this”.
        </p>
        <ProblemBox problem={problem} />
        {data?.grants === null && <p class="empty">This gateway knows no standing grants.</p>}
      </section>
      {data?.grants && <Grants grants={data.grants} onChange={changed} />}
    </>
  );
}

interface GrantsProps {
  readonly grants: readonly GrantView[];
  readonly onChange: () => void;
}

interface Part {
  readonly id: string;
  readonly title: string;
  readonly none: string;
  readonly statuses: readonly GrantStatus[];
}

const parts: readonly Part[] = [
  { id: 'proposed', title: 'Waiting for votes', none: 'None waits.', statuses: ['proposed'] },
  { id: 'active', title: 'In force', none: 'None: every rule asks.', statuses: ['active'] },
  {
    id: 'over',
    title: 'Over',
    none: 'None yet.',
    statuses: ['used-up', 'expired', 'revoked'],
  },
];

const Grants = ({ grants, onChange }: GrantsProps) => (
  <>
    {parts.map(({ id, title, none, statuses }) => {
      const own = grants.filter(({ status }) => statuses.includes(status));
      return (
        <Section key={id} id={id} title={title}>
          {own.length === 0 && <p class="empty">{none}</p>}
          <div class="cards">
            {own.map((grant) => (
              <GrantCard key={grant.id} grant={grant} onChange={onChange} />
            ))}
          </div>
        </Section>
      );
    })}
  </>
);
