/**
 * Mirrors what only the engine knows: runs whose workflow was terminated, timed out, reset or
 * deleted run no code that could say so. Looks at open runs of which nothing was heard for a while.
 */
import type { RunId } from '../contracts/ids.js';
import { failures } from '../contracts/failure.js';
import { errorFields, type Log } from '../runtime/log.js';
import type { Database } from '../store/database.js';
import {
  deleteOldDeliveries,
  noteEngineRun,
  quietRuns,
  redeliverStart,
  type QuietRun,
} from '../store/open-runs.js';
import { closeRun } from '../store/run-lifecycle.js';
import { closingWords, lookAtWorkflow, resetOf, type Engine } from './engine-look.js';
import { temporalFailureOf } from './temporal-errors.js';

/** A quarter more or less, so that gateways differ. */
const sweepMs = 2_000;
const runsPerSweep = 50;
const looksAtOnce = 8;
const quietMs = 3_000;
/** A workflow must be missing for this long before its run is given up. */
const missingMs = 10_000;
const deletionsPerSweep = 500;

export interface ReconcileOptions extends Engine {
  readonly database: Database;
  readonly log: Log;
}

export interface Reconciler {
  /** Begins no more looks and waits for those under way. */
  stop(): Promise<void>;
}

/** Starts looking, a page of runs every two seconds. Doing it in several gateways does no harm. */
export function startReconciler(options: ReconcileOptions): Reconciler {
  const { database, log } = options;
  const missingSince = new Map<RunId, number>();
  let after = '';
  let isStopped = false;
  let timer: NodeJS.Timeout;
  let sweeping: Promise<void> = Promise.resolve();

  const sweep = async (): Promise<void> => {
    const runs = await quietRuns(database, { after, limit: runsPerSweep, quietMs });
    after = runs.length < runsPerSweep ? '' : (runs.at(-1)?.runId ?? '');
    const left = runs.values();
    const work = async (): Promise<void> => {
      for (const run of left) {
        if (isStopped) return;
        await reconcileRun(options, run, missingSince);
      }
    };
    await Promise.all(Array.from({ length: looksAtOnce }, work));
    if (after === '') await deleteOldDeliveries(database, deletionsPerSweep);
  };
  const schedule = (): void => {
    timer = setTimeout(
      () => {
        sweeping = sweep()
          .catch((error: unknown) => log.debug('Runs could not be reconciled', errorFields(error)))
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
      const words = code === null ? null : await closingWords(options, runId).catch(wordless);
      const message =
        words === null || code === null ? {} : { message: `${titleOf(code)}: ${words}` };
      await closeRun(database, run, { status, code, ...message });
      log.warn('A run was ended in Temporal', { runId, code: code ?? status });
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
      await closeRun(database, run, { status: 'failed', code: 'engine-history-lost' });
      log.warn('A run was deleted in Temporal', { runId, code: 'engine-history-lost' });
    }
  }
}

const titleOf = (code: keyof typeof failures): string => failures[code].title;

/** The words are a courtesy: without them the run is closed all the same, unless Temporal is away. */
function wordless(error: unknown): null {
  if (temporalFailureOf(error).kind === 'unavailable') throw error;
  return null;
}
