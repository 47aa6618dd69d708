/** One run: whom it waits for, what it is doing, what has happened, and its story as it goes. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import { serverNow } from '../api/clock.js';
import { ApprovalList } from '../approvals/approval-list.js';
import { EffectList } from '../effects/effect-list.js';
import { KillPanel } from '../local/kill-panel.js';
import { pageTitleId } from '../parts/page-title.js';
import { ProblemBox } from '../parts/problem-box.js';
import { focusOn, Section } from '../parts/section.js';
import { takeBackMs } from '../words/take-back.js';
import { Calls } from './calls.js';
import { CancelRun } from './cancel-run.js';
import { RawRun } from './raw-run.js';
import { RunHeader } from './run-header.js';
import { RunState } from './run-state.js';
import { Taint } from './taint.js';
import { TamperingAlarm } from './tampering-alarm.js';
import { Timeline } from './timeline.js';
import { UnwindRun } from './unwind-run.js';
import { useRun, type FollowedRun, type RunFacts } from './use-run.js';

interface RunPageProps {
  readonly id: string;
  /** Something was decided or said: what waits for people has changed. */
  readonly onChange: () => void;
}

export function RunPage({ id, onChange }: RunPageProps) {
  const followed = useRun(id);
  const { facts, problem, changed } = followed;
  const onActed = (): void => {
    changed();
    onChange();
  };
  return (
    <div class="run">
      <RunHeader id={id} run={facts?.run ?? null} />
      <ProblemBox problem={problem} />
      {facts !== null && <RunBody followed={followed} facts={facts} onActed={onActed} />}
    </div>
  );
}

interface RunBodyProps {
  readonly followed: FollowedRun;
  readonly facts: RunFacts;
  readonly onActed: () => void;
}

function RunBody({ followed: { events, writing, feed }, facts, onActed }: RunBodyProps) {
  const { run, calls, effects, approvals, pending, parked } = facts;
  const isRevocable = (each: ApprovalView): boolean => takeBackMs(each, serverNow()) > 0;
  const listed = [...pending, ...approvals.filter(isRevocable)];
  return (
    <>
      <TamperingAlarm events={events} calls={calls} />
      <NeedsPeople isNeeded={pending.length + parked.length > 0}>
        <EffectList listed={parked} showsRun={false} onChange={onActed} />
        <ApprovalList listed={listed} showsRun={false} onChange={onActed} />
      </NeedsPeople>
      <KillPanel facts={facts} events={events} />
      <Section id="state" title="Where it stands">
        <div class="card">
          <RunState run={run} calls={calls} effects={effects} />
          <Taint events={events} />
          <CancelRun run={run} onCancelled={onActed} />
          <UnwindRun run={run} effects={effects} />
        </div>
      </Section>
      <div class="columns">
        <Section id="timeline" title="What happened">
          <Timeline run={run} events={events} writing={writing} feed={feed} />
        </Section>
        <Section id="calls" title="Calls">
          <Calls run={run} calls={calls} effects={effects} approvals={approvals} />
        </Section>
      </div>
      <RawRun facts={facts} events={events} />
    </>
  );
}

interface NeedsPeopleProps {
  readonly isNeeded: boolean;
  readonly children: ComponentChildren;
}

/** Kept on the page when it is empty: a question that was answered stays readable for a while. */
function NeedsPeople({ isNeeded, children }: NeedsPeopleProps) {
  const section = useRef<HTMLDivElement>(null);
  const had = useRef(isNeeded);
  useEffect(() => {
    const hadFocus = section.current?.contains(document.activeElement) === true;
    if (
      had.current &&
      !isNeeded &&
      hadFocus &&
      section.current?.querySelector('article') === null
    ) {
      focusOn(pageTitleId);
    }
    had.current = isNeeded;
  }, [isNeeded]);
  return (
    <div ref={section} class="needs" data-needed={isNeeded}>
      <Section id="needs-you" title={isNeeded ? 'Waiting for a person' : 'Decided'}>
        {children}
      </Section>
    </div>
  );
}
