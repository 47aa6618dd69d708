/** What one kill did to this run, from facts: the events, the stack, and what payments say. */
import type { EventView } from '../../contracts/event.js';
import type { KillView } from '../../contracts/local.js';
import { Clock } from '../parts/times.js';
import { callsHit, callSentence, headlineOf, workerSentence, type HitCall } from './kill-story.js';
import { useRefunds } from './use-local-stack.js';

interface KillCardProps {
  readonly kill: KillView;
  readonly events: readonly EventView[];
}

export function KillCard({ kill, events }: KillCardProps) {
  const hit = callsHit(events, kill);
  return (
    <article class="card is-killed" aria-label="The worker was killed">
      {hit.map((call) => (
        <Hit key={call.callId} call={call} kill={kill} news={events.length} />
      ))}
      {hit.length === 0 && <p>No call of this run was being carried out at that moment.</p>}
      <p class="small">
        <Clock at={kill.at} /> {workerSentence(kill)}
      </p>
    </article>
  );
}

interface HitProps {
  readonly call: HitCall;
  readonly kill: KillView;
  readonly news: number;
}

function Hit({ call, kill, news }: HitProps) {
  const refunds = useRefunds(call.effect?.key ?? null, news);
  return (
    <>
      <div role="status">
        <h2>{headlineOf(call, refunds)}</h2>
      </div>
      <p>{callSentence(call, kill.at)}</p>
    </>
  );
}
