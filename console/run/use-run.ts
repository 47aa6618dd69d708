/** Everything that is known of one run: asked again on news and every two seconds until it is over. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import type { CallView } from '../../contracts/call.js';
import type { EffectDetail } from '../../contracts/effect-detail.js';
import type { EffectView } from '../../contracts/effect.js';
import type { EventView } from '../../contracts/event.js';
import { isFinal, type RunView } from '../../contracts/run.js';
import { get } from '../api/request.js';
import { followRun, type Feed, type FeedState } from '../api/run-feed.js';
import { usePolled } from '../api/use-polled.js';
import type { ProblemFields } from '../words/problems.js';
import type { Writing } from '../words/writing.js';

export interface RunFacts {
  readonly run: RunView;
  readonly calls: readonly CallView[];
  readonly effects: readonly EffectView[];
  /** All questions of this run. */
  readonly approvals: readonly ApprovalView[];
  /** Those that wait for people. */
  readonly pending: readonly ApprovalView[];
  /** Effects of this run that want a person's word. */
  readonly parked: readonly EffectDetail[];
}

export interface FollowedRun {
  readonly facts: RunFacts | null;
  readonly events: readonly EventView[];
  /** What is being written now; null while nothing is. */
  readonly writing: Writing | null;
  readonly feed: FeedState;
  readonly problem: ProblemFields | null;
  /** A person has done something to the run: looks at once, and reads on after its end. */
  readonly changed: () => void;
}

interface Page<Row> {
  readonly data: readonly Row[];
}

async function loadFacts(id: string): Promise<RunFacts> {
  const path = `/v1/runs/${encodeURIComponent(id)}`;
  const approvalsPath = `/v1/approvals?limit=200&runId=${encodeURIComponent(id)}`;
  const pendingPath = `${approvalsPath}&status=pending`;
  const [run, calls, effects, approvals, pending] = await Promise.all([
    get<RunView>(path),
    get<Page<CallView>>(`${path}/calls`),
    get<Page<EffectView>>(`${path}/effects`),
    get<Page<ApprovalView>>(approvalsPath),
    get<Page<ApprovalView>>(pendingPath),
  ]);
  const facts = {
    run,
    calls: calls.data,
    effects: effects.data,
    approvals: approvals.data,
    pending: pending.data,
  };
  if (!facts.effects.some(isParked)) return { ...facts, parked: [] };
  const parkedPath = `/v1/effects?state=parked&limit=200&runId=${encodeURIComponent(id)}`;
  const { data: parked } = await get<Page<EffectDetail>>(parkedPath);
  return { ...facts, parked };
}

export function useRun(id: string): FollowedRun {
  const { data, problem, refresh } = usePolled(id, () => loadFacts(id), isOver);
  const { events, writing, feed, resume } = useEvents(id, refresh);
  const changed = useRef(() => {
    refresh();
    resume();
  }).current;
  return { facts: data, events, writing, feed, problem, changed };
}

/** What is parked outlives its run, and nothing else does. */
const isOver = ({ run, effects }: RunFacts): boolean =>
  isFinal(run.status) && !effects.some(isParked);

const isParked = ({ state }: EffectView): boolean => state === 'parked';

/** The events of a run so far. `onNews` hears that there are more. */
function useEvents(id: string, onNews: () => void) {
  const [events, setEvents] = useState<readonly EventView[]>([]);
  const [writing, setWriting] = useState<Writing | null>(null);
  const [feed, setFeed] = useState<FeedState>('connecting');
  const followed = useRef<Feed | null>(null);
  useEffect(() => {
    setEvents([]);
    setWriting(null);
    setFeed('connecting');
    const following = followRun(id, {
      onEvents: (fresh) => {
        setEvents((before) => [...before, ...fresh]);
        onNews();
      },
      onWriting: setWriting,
      onState: (state) => {
        setFeed(state);
        if (state === 'over') onNews();
      },
    });
    followed.current = following;
    return () => following.close();
  }, [id, onNews]);
  const resume = useRef(() => followed.current?.resume()).current;
  return { events, writing, feed, resume };
}
