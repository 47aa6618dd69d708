/** What the engine says of a run's workflow, for those that may have ended without their code. */
import type { Connection } from '@temporalio/client';
import type { FailureCode } from '../contracts/failure.js';
import type { RunId } from '../contracts/ids.js';
import { messageCharacters } from '../contracts/limits.js';
import type { FinalStatus } from '../contracts/run.js';
import { temporalFailureOf } from './temporal-errors.js';

export type EngineLook =
  | { readonly kind: 'open'; readonly engineRunId: string }
  | {
      readonly kind: 'closed';
      readonly firstRunId: string;
      readonly status: FinalStatus;
      readonly code: FailureCode | null;
    }
  | { readonly kind: 'missing' };

export interface Engine {
  readonly connection: Connection;
  readonly namespace: string;
}

const lookWithinMs = 3_000;
/** From Temporal's API: WorkflowExecutionStatus. */
const workflowStatus = {
  failed: 3,
  canceled: 4,
  terminated: 5,
  timedOut: 7,
  completed: 2,
} as const;
const ends: Readonly<
  Record<number, { readonly status: FinalStatus; readonly code: FailureCode | null }>
> = {
  [workflowStatus.completed]: { status: 'failed', code: 'engine-failed' },
  [workflowStatus.failed]: { status: 'failed', code: 'engine-failed' },
  [workflowStatus.canceled]: { status: 'cancelled', code: null },
  [workflowStatus.terminated]: { status: 'failed', code: 'engine-terminated' },
  [workflowStatus.timedOut]: { status: 'failed', code: 'engine-timed-out' },
};

/** Asks for the state of a run's workflow. Throws what Temporal's client throws when it can't be asked. */
export async function lookAtWorkflow(engine: Engine, runId: RunId): Promise<EngineLook> {
  try {
    const { workflowExecutionInfo: info } = await bounded(engine, ({ workflowService }) =>
      workflowService.describeWorkflowExecution({
        namespace: engine.namespace,
        execution: { workflowId: runId },
      }),
    );
    const end = ends[info?.status ?? 0];
    if (end !== undefined) return { kind: 'closed', firstRunId: info?.firstRunId ?? '', ...end };
    return { kind: 'open', engineRunId: info?.execution?.runId ?? '' };
  } catch (error) {
    if (temporalFailureOf(error).kind === 'no-workflow') return { kind: 'missing' };
    throw error;
  }
}

/** What is written in the last event of a workflow that was ended from outside; null without words. */
export async function closingWords(engine: Engine, runId: RunId): Promise<string | null> {
  const { history } = await bounded(engine, ({ workflowService }) =>
    workflowService.getWorkflowExecutionHistoryReverse({
      namespace: engine.namespace,
      execution: { workflowId: runId },
      maximumPageSize: 1,
    }),
  );
  const ended = history?.events?.[0]?.workflowExecutionTerminatedEventAttributes;
  const words = [ended?.reason, ended?.identity ? `(${ended.identity})` : null].filter(Boolean);
  return words.length === 0 ? null : words.join(' ').slice(0, messageCharacters);
}

/** Why the engine began this run of the workflow anew; null when nobody reset it. */
export async function resetOf(
  engine: Engine,
  runId: RunId,
  engineRunId: string,
): Promise<{ readonly reason: string | null } | null> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await historyPage(engine, runId, engineRunId, nextPageToken);
    const events = page.history?.events ?? [];
    const started = events[0]?.workflowExecutionStartedEventAttributes;
    // A fresh history is its own original; one that was reset copies that of another.
    if (started && started.originalExecutionRunId === engineRunId) return null;
    const resets = events.flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
      failed?.newRunId === engineRunId ? [failed] : [],
    );
    const last = resets.at(-1);
    if (last) return { reason: last.failure?.message?.slice(0, messageCharacters) ?? null };
    nextPageToken = page.nextPageToken ?? undefined;
  } while (nextPageToken !== undefined && nextPageToken.length > 0);
  return null;
}

const historyPage = (
  engine: Engine,
  runId: RunId,
  engineRunId: string,
  nextPageToken: Uint8Array | undefined,
) =>
  bounded(engine, ({ workflowService }) =>
    workflowService.getWorkflowExecutionHistory({
      namespace: engine.namespace,
      execution: { workflowId: runId, runId: engineRunId },
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    }),
  );

/** The engine's own name for the namespace: another server, or a wiped one, has another. */
export async function engineIdOf(engine: Engine): Promise<string> {
  const { namespaceInfo } = await bounded(engine, ({ workflowService }) =>
    workflowService.describeNamespace({ namespace: engine.namespace }),
  );
  return namespaceInfo?.id ?? '';
}

const bounded = <Answer>(
  { connection }: Engine,
  ask: (connection: Connection) => Promise<Answer>,
): Promise<Answer> => connection.withDeadline(Date.now() + lookWithinMs, () => ask(connection));
