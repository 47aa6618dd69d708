/**
 * Mirrors what only the engine knows: runs whose workflow was terminated, timed out, reset or
 * deleted run no code that could say so. Looks at open runs of which nothing was heard for a while.
 */
import type { RunId } from '../contracts/ids.js';
import { failures } from '../contracts/failure.js';
import { errorFields, type Log } from '../runtime/log.js';
import type { Database } from '../store/database.js';
import {
  countElsewhere,
  deleteOldDeliveries,
  noteEngineRun,
  quietRuns,
  redeliverStart,
  type QuietRun,
} from '../store/open-runs.js';
import { closeRun } from '../store/run-lifecycle.js';
import type { EngineIdentity } from './engine-identity.js';
import { closingWords, lookAtWorkflow, resetOf, type Engine } from './engine-look.js';
import { temporalFailureOf } from './temporal-errors.js';

/** A quarter more or less, so that gateways differ. */
const sweepMs = 2_000;
const runsPerSweep = 50;
const looksAtOnce = 8;
const quietMs = 3_000;
/** A workflow must be missing for this long before its run is given up. */
const missingMs = 10_000;
const deletionsAtOnce = 1_000;
const deleteEveryMs = 10 * 60_000;

export interface ReconcileOptions extends Engine {
  readonly database: Database;
  readonly identity: EngineIdentity;
  readonly log: Log;
}

export interface Reconciler {
  /** Begins no more looks and waits for those under way. */
  stop(): Promise<void>;
}

/** Starts looking, a page of runs every two seconds. Doing it in several gateways does no harm. */
export function startReconciler(options: ReconcileOptions): Reconciler {
  const { database, identity, log } = options;
  const missingSince = new Map<RunId, number>();
  let after = '';
  let elsewhere = 0;
  let isStopped = false;
  let timer: NodeJS.Timeout;
  let sweeping: Promise<void> = Promise.resolve();
  let deleteAt = 0;

  const sweep = async (): Promise<void> => {
    const engineId = await identity.read();
    const runs = await quietRuns(database, { after, limit: runsPerSweep, quietMs, engineId });
    after = runs.length < runsPerSweep ? '' : (runs.at(-1)?.runId ?? '');
    const left = runs.values();
    const work = async (): Promise<void> => {
      for (const run of left) {
        if (isStopped) return;
        await reconcileRun(options, run, missingSince).catch((error: unknown) => {
          // What is unavailable says nothing of any run, nor did the last look at a missing one.
          missingSince.delete(run.runId);
          log.warn('A run could not be reconciled', { ...errorFields(error), runId: run.runId });
        });
      }
    };
    await Promise.all(Array.from({ length: looksAtOnce }, work));
    if (after !== '') return;
    const found = await countElsewhere(database, engineId);
    if (found > elsewhere) {
      log.warn('Open runs were started in another Temporal or namespace', { count: found });
    }
    elsewhere = found;
  };
  const clean = async (): Promise<void> => {
    if (performance.now() < deleteAt) return;
    deleteAt = performance.now() + deleteEveryMs;
    while ((await deleteOldDeliveries(database, deletionsAtOnce)) > 0) if (isStopped) return;
  };
  const schedule = (): void => {
    timer = setTimeout(
      () => {
        sweeping = sweep()
          .then(clean)
          .catch((error: unknown) => {
            missingSince.clear();
            log.debug('Runs could not be reconciled', errorFields(error));
          })
          .finally(() => {
            if (!isStopped) schedule();
          });
      },
      sweepMs * (0.75 + Math.random() / 2),
    );
  };
  schedule();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await sweeping;
    },
  };
}

/** Makes one run agree with its workflow. Throws when Temporal or Postgres can't be asked. */
async function reconcileRun(
  options: ReconcileOptions,
  run: QuietRun,
  missingSince: Map<RunId, number>,
): Promise<void> {
  const { database, log } = options;
  const { runId } = run;
  const look = await lookAtWorkflow(options, runId);
  if (look.kind !== 'missing') missingSince.delete(runId);
  switch (look.kind) {
    case 'open': {
      const known = run.engineRunId ?? run.firstRunId;
      if (known === null || known === look.engineRunId) return;
      const reset = await resetOf(options, runId, look.engineRunId);
      await noteEngineRun(database, run, look.engineRunId, reset);
      if (reset !== null) log.warn('A run was reset in Temporal', { runId });
      return;
    }
    case 'closed': {
      const { status, code } = look;
      // Another workflow of this name carries nothing of ours.
      if (run.firstRunId !== null && look.firstRunId !== run.firstRunId) return;
      const words = code === null ? null : await closingWords(options, runId).catch(wordless);
      const message =
        words === null || code === null ? {} : { message: `${titleOf(code)}: ${words}` };
      const closed = await closeRun(database, run, { status, code, ...message });
      if (closed) log.warn('A run was ended in Temporal', { runId, code: code ?? status });
      return;
    }
    case 'missing': {
      if (run.firstRunId === null) {
        log.warn('A start is delivered again: Temporal does not have it', { runId });
        return redeliverStart(database, run);
      }
      const since = missingSince.get(runId) ?? performance.now();
      missingSince.set(runId, since);
      if (performance.now() - since < missingMs) return;
      missingSince.delete(runId);
      const closed = await closeRun(database, run, {
        status: 'failed',
        code: 'engine-history-lost',
      });
      if (closed) log.warn('A run was deleted in Temporal', { runId, code: 'engine-history-lost' });
    }
  }
}

const titleOf = (code: keyof typeof failures): string => failures[code].title;

/** The words are a courtesy: without them the run is closed all the same, unless Temporal is away. */
function wordless(error: unknown): null {
  if (temporalFailureOf(error).kind === 'unavailable') throw error;
  return null;
}
