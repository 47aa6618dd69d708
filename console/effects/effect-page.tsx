/** The page of one effect: a link that can be sent to the person who looks into it. */
import type { EffectStory } from '../../contracts/effect-detail.js';
import { get } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';
import { PageTitle } from '../parts/page-title.js';
import { ProblemBox } from '../parts/problem-box.js';
import { Section } from '../parts/section.js';
import { Work } from '../run/timeline.js';
import { tellEvent } from '../words/tellings.js';
import { EffectCard } from './effect-card.js';

interface EffectPageProps {
  readonly id: string;
  readonly onChange: () => void;
}

export function EffectPage({ id, onChange }: EffectPageProps) {
  const path = `/v1/effects/${encodeURIComponent(id)}`;
  const { data, problem, refresh } = usePolled(path, () => get<EffectStory>(path));
  const learned = (): void => {
    refresh();
    onChange();
  };
  return (
    <>
      <section aria-labelledby="page-title">
        <PageTitle>An effect</PageTitle>
        <ProblemBox problem={problem} />
        {data !== null && <EffectCard effect={data} showsRun heading="h2" onLearned={learned} />}
      </section>
      {data !== null && <Story effect={data} />}
    </>
  );
}

function Story({ effect: { story, title } }: { readonly effect: EffectStory }) {
  const startMs = Date.parse(story[0]?.at ?? '');
  return (
    <Section id="story" title="What is known of it">
      <ol class="timeline">
        {story.map((event, index) => {
          const told = tellEvent(event, () => title);
          const row = { kind: 'work', seq: index + 1, at: event.at, ...told } as const;
          return <Work key={event.seq} row={row} startMs={startMs} />;
        })}
      </ol>
    </Section>
  );
}
