/** The workflow of a run: handlers first, then the loop. Handlers only push; the loop alone decides. */
import { CancellationScope, condition, defineSignal, setHandler } from '@temporalio/workflow';
import type { AgentRunInput } from '../contracts/activities.js';
import { signalNames } from '../contracts/signals.js';
import { advance } from './advance.js';
import { begin, next, obsolete } from './next.js';
import { perform } from './perform.js';
import { newRun, type Fact, type Run } from './run-state.js';
import { createShowing } from './showing.js';
import { readApprovalDecided, readEffectResolved } from './signals.js';

/**
 * Carries one run from its first turn to its end. Ids and verdicts pass through here; transcripts,
 * arguments and results stay in Postgres.
 */
export async function agentRun(input: AgentRunInput): Promise<{ turns: number }> {
  const inbox: Fact[] = [];
  const receive = (fact: Fact | null): void => {
    if (fact !== null) inbox.push(fact);
  };
  // Anyone who reaches Temporal can send a signal: it is a hint, and nonsense is dropped. There is no
  // default handler on purpose: with one, a signal of a reserved name fails the workflow task for ever.
  setHandler(defineSignal<[unknown]>(signalNames.approvalDecided), (signal) =>
    receive(readApprovalDecided(signal)),
  );
  setHandler(defineSignal<[unknown]>(signalNames.effectResolved), (signal) =>
    receive(readEffectResolved(signal)),
  );
  CancellationScope.current().cancelRequested.catch(() => receive({ kind: 'cancel-requested' }));

  // A cancelled root must still let effects finish and the end be written.
  const run = await CancellationScope.nonCancellable(() => loop(newRun(input.runId), inbox));
  return { turns: run.turn };
}

async function loop(start: Run, inbox: Fact[]): Promise<Run> {
  const scopes = new Map<string, CancellationScope>();
  const showing = createShowing();
  const broken: unknown[] = [];
  let run = start;
  for (;;) {
    const intents = next(run);
    run = begin(run, intents);
    for (const intent of intents) {
      const scope = new CancellationScope({ cancellable: true });
      scopes.set(intent.key, scope);
      scope
        .run(() => perform(run.runId, intent))
        .then((fact) => inbox.push(fact))
        .catch((error: unknown) => broken.push(error))
        .finally(() => scopes.delete(intent.key));
    }
    for (const key of obsolete(run)) scopes.get(key)?.cancel();
    showing.show(run);
    if (run.step === 'closed') return run;
    await condition(() => inbox.length > 0 || broken.length > 0);
    if (broken.length > 0) throw broken[0];
    run = inbox.splice(0).reduce(advance, run);
  }
}
