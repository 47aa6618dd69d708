/** The button that kills the worker, where it can be missed, and what came of each kill. */
import { useState } from 'preact/hooks';
import type { EventView } from '../../contracts/event.js';
import type { KillView } from '../../contracts/local.js';
import { isFinal } from '../../contracts/run.js';
import { act, problemOf } from '../api/request.js';
import { announce } from '../parts/announcer.js';
import { Button } from '../parts/button.js';
import { ProblemBox } from '../parts/problem-box.js';
import type { RunFacts } from '../run/use-run.js';
import type { ProblemFields } from '../words/problems.js';
import { KillCard } from './kill-card.js';
import { killsDuring } from './kill-story.js';
import { useLocalStack } from './use-local-stack.js';

interface KillPanelProps {
  readonly facts: RunFacts;
  readonly events: readonly EventView[];
}

export function KillPanel({ facts: { run, calls }, events }: KillPanelProps) {
  const { stack, refresh } = useLocalStack();
  const [problem, setProblem] = useState<ProblemFields | null>(null);
  const [isSending, setSending] = useState(false);
  if (stack === null) return null;
  const kill = async (): Promise<void> => {
    setSending(true);
    setProblem(null);
    try {
      const { pid } = await act<KillView>('/v1/local/worker/kills', {});
      announce(`Worker ${pid} was killed.`);
    } catch (error) {
      setProblem(problemOf(error));
    }
    setSending(false);
    refresh();
  };
  const isAtWork = calls.some(({ state }) => state === 'running');
  return (
    <>
      {!isFinal(run.status) && (
        <aside class={isAtWork ? 'kill is-at-work' : 'kill'} aria-label="Local stack">
          <Button kind="danger" isBusy={isSending} onClick={() => void kill()}>
            Kill the worker now
          </Button>
          <p class="small">
            {stack.workerPid === null
              ? 'No worker runs at this moment; one is being started.'
              : `SIGKILL to process ${stack.workerPid}, as a crash would end it. Another is started; nothing is lost, and nothing is done twice.`}
          </p>
        </aside>
      )}
      <ProblemBox problem={problem} />
      {killsDuring(stack.kills, run).map((killed) => (
        <KillCard key={killed.at} kill={killed} events={events} />
      ))}
    </>
  );
}
