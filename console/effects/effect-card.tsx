/** An effect of which nobody knows whether it happened: what is known, and what a person says of it. */
import type { EffectDetail } from '../../contracts/effect-detail.js';
import { serverNow } from '../api/clock.js';
import { Arguments } from '../approvals/arguments.js';
import { Refusal } from '../approvals/refusal.js';
import { Badge } from '../parts/badge.js';
import { Ticking } from '../parts/times.js';
import { answeredSentence, classWords, parkedWords, sentWords } from '../words/effects.js';
import { effectPath, runPath } from '../words/routes.js';
import { titleWords } from '../words/runs.js';
import { ResolutionForm } from './resolution-form.js';
import { useResolution } from './use-resolution.js';

interface EffectCardProps {
  readonly effect: EffectDetail;
  readonly showsRun: boolean;
  /** One below the heading that the card stands under. */
  readonly heading?: 'h2' | 'h3';
  /** What the gateway said of it after an answer was sent. */
  readonly onLearned: (effect: EffectDetail) => void;
}

export function EffectCard({
  effect,
  showsRun,
  heading: Heading = 'h3',
  onLearned,
}: EffectCardProps) {
  const resolution = useResolution(effect, onLearned);
  const { key, tool, args, state, viewer } = effect;
  const isParked = state === 'parked';
  return (
    <article class={`card is-${state}`} data-effect={key} aria-labelledby={`title-${key}`}>
      <header>
        <Heading id={`title-${key}`}>
          <a href={effectPath(key)}>{titleWords(effect)}</a>
        </Heading>
        <Badge status={state} />
      </header>
      {showsRun && <Starter effect={effect} />}
      {isParked && (
        <p>
          It is not known whether this happened. It is never repeated by itself. Look into the
          service, then say what you found.
        </p>
      )}
      <Arguments tool={tool} args={args} originalArgs={args} />
      <Facts effect={effect} />
      <Refusal refused={resolution.refused} />
      {!isParked && (
        <p class="outcome" tabIndex={-1} ref={resolution.outcome}>
          {answeredSentence(effect, serverNow())}
        </p>
      )}
      {isParked && !viewer.canResolve && <p class="hint">Not for you to answer: {viewer.why}</p>}
      {isParked && viewer.canResolve && <ResolutionForm effect={effect} resolution={resolution} />}
    </article>
  );
}

const Starter = ({ effect: { runId, agent, requestedBy } }: { readonly effect: EffectDetail }) => (
  <p class="small">
    {requestedBy} started {agent}: <a href={runPath(runId)}>the run</a>
  </p>
);

const Facts = ({ effect }: { readonly effect: EffectDetail }) => (
  <dl class="facts">
    {effect.parked !== null && (
      <>
        <dt>Why you are asked</dt>
        <dd>{effect.parked.title}.</dd>
      </>
    )}
    <dt>Sent</dt>
    <dd>
      {sentWords(effect, serverNow())}. <span class="small">{classWords(effect)}</span>
    </dd>
    {effect.state === 'parked' && (
      <>
        <dt>Has waited</dt>
        <dd>
          <Ticking text={(nowMs) => parkedWords(effect, nowMs)} />
        </dd>
      </>
    )}
    {effect.externalRef !== null && (
      <>
        <dt>Reference</dt>
        <dd>
          <code>{effect.externalRef}</code>
        </dd>
      </>
    )}
    <dt>Key</dt>
    <dd>
      <code>{effect.key}</code>
    </dd>
  </dl>
);
