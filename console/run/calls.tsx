/** The calls of a run with their arguments and results, and what is known of their effects. */
import type { ApprovalView } from '../../contracts/approval.js';
import type { CallView } from '../../contracts/call.js';
import type { EffectView } from '../../contracts/effect.js';
import type { RunView } from '../../contracts/run.js';
import { Badge } from '../parts/badge.js';
import { Comparison } from '../parts/comparison.js';
import { Fold } from '../parts/fold.js';
import { Json } from '../parts/json.js';
import { Ticking } from '../parts/times.js';
import { codeWords } from '../words/amounts.js';
import { isSame } from '../words/differences.js';
import { grantsPath } from '../words/routes.js';
import { effectWords, titleWords } from '../words/runs.js';
import { countWords, durationWords } from '../words/times.js';

interface CallsProps {
  readonly run: RunView;
  readonly calls: readonly CallView[];
  readonly effects: readonly EffectView[];
  readonly approvals: readonly ApprovalView[];
}

export function Calls({ run, calls, effects, approvals }: CallsProps) {
  if (calls.length === 0) {
    return <p class="empty">{run.finishedAt === null ? 'No calls yet.' : 'No calls.'}</p>;
  }
  return (
    <div class="cards">
      {calls.map((call) => (
        <Call
          key={call.id}
          call={call}
          effect={effects.find(({ callId }) => callId === call.id) ?? null}
          approval={approvals.findLast(({ callId }) => callId === call.id) ?? null}
        />
      ))}
    </div>
  );
}

interface CallProps {
  readonly call: CallView;
  readonly effect: EffectView | null;
  /** The latest question about it. */
  readonly approval: ApprovalView | null;
}

const Call = ({ call, effect, approval }: CallProps) => (
  <article class="card" aria-labelledby={`call-${call.id}`}>
    <header>
      <h3 id={`call-${call.id}`}>{titleWords(call)}</h3>
      {call.attempts > 1 && <span class="mark is-attempt">attempt {call.attempts}</span>}
      <Badge status={call.outcome ?? call.state} />
    </header>
    <p class="small">{factsOf(call)}</p>
    <Retry call={call} />
    {effect !== null && <Effect effect={effect} />}
    {call.grantId !== null && (
      <p class="small">
        Allowed by a <a href={grantsPath}>standing grant</a>: <code>{call.grantId}</code>
      </p>
    )}
    {approval !== null && <Decided approval={approval} />}
    <Fold title="Arguments">{() => <Json value={call.args} />}</Fold>
    {call.state === 'finished' && <Fold title="Result">{() => <Json value={call.result} />}</Fold>}
  </article>
);

const verdictWords = { allow: 'allowed', ask: 'asked', deny: 'denied' } as const;

function factsOf({ tool, turn, verdict, rule, reason, startedAt, finishedAt }: CallView): string {
  const facts = [`${tool}, turn ${turn}`, `${verdictWords[verdict]} by rule ${rule}: ${reason}`];
  if (startedAt !== null && finishedAt !== null) {
    facts.push(`took ${durationWords(Date.parse(finishedAt) - Date.parse(startedAt))}`);
  }
  return facts.join(' · ');
}

function Retry({ call: { retry } }: { readonly call: CallView }) {
  if (retry === null) return null;
  const { attempt, code, until } = retry;
  if (code === 'kill-switch-on') {
    return (
      <p class="wait">A kill switch holds it until someone lifts it; nothing was sent since.</p>
    );
  }
  const failed = `Attempt ${attempt} failed (${codeWords(code)}); the next starts by itself`;
  const text = (nowMs: number): string => {
    const left = until === null ? 0 : Date.parse(until) - nowMs;
    return left > 0 ? `${failed} in ${countWords(left)}.` : `${failed}.`;
  };
  return (
    <p class="wait">
      <Ticking text={text} />
    </p>
  );
}

/** What people made of the arguments that the model had planned. */
function Decided({ approval: { args, originalArgs } }: { readonly approval: ApprovalView }) {
  if (isSame(args, originalArgs)) return null;
  return (
    <Comparison
      caption="What the model planned, and what people decided"
      before={originalArgs}
      after={args}
      beforeTitle="Planned"
      afterTitle="Decided"
    />
  );
}

const Effect = ({ effect }: { readonly effect: EffectView }) => (
  <dl class="facts">
    <dt>Effect</dt>
    <dd>
      {effectWords(effect.state)} ({effect.class}, sent{' '}
      {effect.attempts === 1 ? 'once' : `${effect.attempts} times`})
      {effect.undoneBy !== null && ', and was undone'}
    </dd>
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
