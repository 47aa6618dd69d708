/** Where a run stands: waits, what has succeeded, how it ended and what it used. */
import type { ComponentChildren } from 'preact';
import type { CallView } from '../../contracts/call.js';
import type { EffectView } from '../../contracts/effect.js';
import type { RunView } from '../../contracts/run.js';
import { Quote } from '../parts/quote.js';
import { Clock, Ticking } from '../parts/times.js';
import { messageOf, plural, usageWords } from '../words/amounts.js';
import { succeededOf } from '../words/runs.js';
import { durationWords } from '../words/times.js';
import { waitSentence, withTitle, workWords } from '../words/waits.js';

interface RunStateProps {
  readonly run: RunView;
  readonly calls: readonly CallView[];
  readonly effects: readonly EffectView[];
}

export function RunState({ run, calls, effects }: RunStateProps) {
  const { output, failure, turns, usage } = run;
  return (
    <dl class="facts">
      <Row term="Now">
        <Now run={run} calls={calls} />
      </Row>
      {output !== null && (
        <Row term="Answer">
          <Quote text={messageOf(output)} />
        </Row>
      )}
      {failure !== null && (
        <Row term="Failure">
          <p>{failure.message}</p>
          <p class="hint">
            {failure.hint}
            {failure.retryable && ' Starting it again can help.'}
          </p>
        </Row>
      )}
      <Row term="Succeeded">
        <Succeeded run={run} calls={calls} effects={effects} />
      </Row>
      <Row term="Used">
        {plural(turns, 'turn')} · {usageWords(usage)}
      </Row>
    </dl>
  );
}

interface RowProps {
  readonly term: string;
  readonly children: ComponentChildren;
}

const Row = ({ term, children }: RowProps) => (
  <>
    <dt>{term}</dt>
    <dd>{children}</dd>
  </>
);

function Now({ run, calls }: Omit<RunStateProps, 'effects'>) {
  const { status, waitingFor, createdAt, finishedAt } = run;
  if (finishedAt !== null) {
    const took = durationWords(Date.parse(finishedAt) - Date.parse(createdAt));
    return (
      <>
        {status} at <Clock at={finishedAt} />, after {took}
      </>
    );
  }
  if (waitingFor.length === 0) return <>{workWords(run, calls)}</>;
  return (
    <ul class="plain">
      {waitingFor.map((wait) => (
        <li class="wait" key={`${wait.kind} ${wait.since}`}>
          <Ticking text={(nowMs) => waitSentence(withTitle(wait, calls), nowMs)} />
        </li>
      ))}
    </ul>
  );
}

function Succeeded({ run, calls, effects }: RunStateProps) {
  const done = succeededOf(calls, effects);
  if (done.length === 0) return <>{run.finishedAt === null ? 'Nothing yet.' : 'Nothing.'}</>;
  return (
    <ul class="plain">
      {done.map(({ title, externalRef }) => (
        <li key={title}>
          {title} {externalRef !== null && <code>{externalRef}</code>}
        </li>
      ))}
    </ul>
  );
}
