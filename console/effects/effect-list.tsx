/** Parked effects as cards, the one that waits longest first. What was answered here stays readable. */
import { useState } from 'preact/hooks';
import type { EffectDetail } from '../../contracts/effect-detail.js';
import { EffectCard } from './effect-card.js';
import { withAnswered } from './with-answered.js';

interface EffectListProps {
  /** What the gateway lists now. */
  readonly listed: readonly EffectDetail[];
  /** False on the page of the run itself. */
  readonly showsRun: boolean;
  readonly onChange: () => void;
}

export function EffectList({ listed, showsRun, onChange }: EffectListProps) {
  const [answered, setAnswered] = useState<readonly EffectDetail[]>([]);
  return (
    <div class="cards">
      {withAnswered(listed, answered).map((effect) => (
        <EffectCard
          key={effect.key}
          effect={effect}
          showsRun={showsRun}
          onLearned={(now) => {
            if (now.state !== 'parked') setAnswered((before) => [...before, now]);
            onChange();
          }}
        />
      ))}
    </div>
  );
}
