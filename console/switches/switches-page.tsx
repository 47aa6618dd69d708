/** Kill switches: what is held now, setting one, and what was held before. */
import type { ComponentChildren } from 'preact';
import type { KillSwitchPage, KillSwitchView } from '../../contracts/kill-switch.js';
import { serverNow } from '../api/clock.js';
import { get } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';
import { Badge } from '../parts/badge.js';
import { PageTitle } from '../parts/page-title.js';
import { ProblemBox } from '../parts/problem-box.js';
import { Quote } from '../parts/quote.js';
import { Section } from '../parts/section.js';
import { heldThings, liftedSentence } from '../words/switches.js';
import { LiftForm } from './lift-form.js';
import { SetForm } from './set-form.js';

const path = '/v1/kill-switches?limit=100';

export function SwitchesPage({ onChange }: { readonly onChange: () => void }) {
  const { data, problem, refresh } = usePolled(path, () => get<KillSwitchPage>(path));
  const changed = (): void => {
    refresh();
    onChange();
  };
  return (
    <>
      <section aria-labelledby="page-title">
        <PageTitle>Kill switches</PageTitle>
        <p>
          A kill switch holds effects just before they are sent: what has been sent is awaited, and
          reads and searches go on. What is held goes on by itself within seconds of the lift.
        </p>
        <ProblemBox problem={problem} />
      </section>
      {data !== null && <Switches page={data} onChange={changed} />}
    </>
  );
}

interface SwitchesProps {
  readonly page: KillSwitchPage;
  readonly onChange: () => void;
}

function Switches({ page: { data, viewer }, onChange }: SwitchesProps) {
  const on = data.filter(({ state }) => state === 'on');
  const lifted = data.filter(({ state }) => state === 'lifted');
  return (
    <>
      <Section id="on" title="On now">
        {on.length === 0 && <p class="empty">None: nothing is held.</p>}
        <div class="cards">
          {on.map((its) => (
            <SwitchCard key={its.id} its={its}>
              {viewer.canSet && <LiftForm its={its} onLifted={onChange} />}
            </SwitchCard>
          ))}
        </div>
      </Section>
      <Section id="set" title="Hold effects">
        {viewer.canSet ? <SetForm onSet={onChange} /> : <p class="hint">{viewer.why}</p>}
      </Section>
      {lifted.length > 0 && (
        <Section id="lifted" title="Lifted">
          <div class="cards">
            {lifted.map((its) => (
              <SwitchCard key={its.id} its={its}>
                {its.liftReason !== null && <Quote text={its.liftReason} />}
              </SwitchCard>
            ))}
          </div>
        </Section>
      )}
    </>
  );
}

interface SwitchCardProps {
  readonly its: KillSwitchView;
  readonly children: ComponentChildren;
}

/** The reason for which it was set, then what is done about it or was said of its end. */
const SwitchCard = ({ its, children }: SwitchCardProps) => (
  <article class={`card is-${its.state}`} aria-labelledby={`switch-${its.id}`}>
    <header>
      <h3 id={`switch-${its.id}`}>{heldThings(its)}</h3>
      <Badge status={its.state} />
    </header>
    <Quote text={its.reason} />
    <p class="small">{liftedSentence(its, serverNow())}</p>
    {children}
  </article>
);
