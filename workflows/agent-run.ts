/** The workflow of a run: handlers first, then the loop. Handlers only push; the loop alone decides. */
import {
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  defineSignal,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { AgentRunInput } from '../contracts/activities.js';
import { signalNames } from '../contracts/signals.js';
import { historyEvents } from '../contracts/limits.js';
import { advance } from './advance.js';
import { carried, isAtRest } from './carry.js';
import { begin, next, obsolete } from './next.js';
import { perform } from './perform.js';
import { newRun, type Fact, type Intent, type Run } from './run-state.js';
import { createShowing } from './showing.js';
import { readApprovalDecided, readEffectResolved } from './signals.js';

/** What a history begins with: a run's first one with its id, each later one with the run so far. */
interface Beginning extends AgentRunInput {
  readonly run?: Run;
}

/**
 * Carries one run from its first turn to its end, through as many histories as that takes. Ids and
 * verdicts pass through here; transcripts, arguments and results stay in Postgres.
 */
export async function agentRun(input: Beginning): Promise<{ turns: number }> {
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
  const root = CancellationScope.current();
  const drain = (run: Run): Run => {
    if (root.consideredCancelled) receive({ kind: 'cancel-requested' });
    return inbox.splice(0).reduce(advance, run);
  };
  const run = await CancellationScope.nonCancellable(() => loop(input, inbox, drain));
  return { turns: run.turn };
}

async function loop(input: Beginning, inbox: Fact[], drain: (run: Run) => Run): Promise<Run> {
  const scopes = new Map<string, CancellationScope>();
  const showing = createShowing();
  const broken: unknown[] = [];
  let run: Run = { ...newRun(input.runId), ...input.run };
  for (;;) {
    if (isAtRest(run) && isLong(input)) {
      await condition(allHandlersFinished);
      run = drain(run);
      // No await between this and the end of this history: a signal in between would be lost.
      if (isAtRest(run)) {
        await continueAsNew<typeof agentRun>({ ...input, run: carried(run, Date.now()) });
      }
    }
    const intents = next(run);
    run = begin(run, intents, Date.now());
    for (const intent of intents) {
      // One promise for both ends: the SDK takes a stack trace for each.
      begun(run, intent, scopes).then(
        (fact) => {
          scopes.delete(intent.key);
          inbox.push(fact);
        },
        (error: unknown) => broken.push(error),
      );
    }
    for (const key of obsolete(run)) scopes.get(key)?.cancel();
    showing.show(run);
    if (run.step === 'closed') return run;
    await condition(() => inbox.length > 0 || broken.length > 0);
    if (broken.length > 0) throw broken[0];
    run = drain(run);
  }
}

/** Only what may be aborted has a scope of its own. */
function begun(run: Run, intent: Intent, scopes: Map<string, CancellationScope>): Promise<Fact> {
  if (!intent.isAbortable) return perform(run, intent);
  const scope = new CancellationScope({ cancellable: true });
  scopes.set(intent.key, scope);
  return scope.run(() => perform(run, intent));
}

function isLong({ historyEventsPerRun = historyEvents }: Beginning): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength >= historyEventsPerRun;
}
