/** The histories of a run: one after another, as continue-as-new made them. */
import { Buffer } from 'node:buffer';
import type { Client, WorkflowHandle } from '@temporalio/client';

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

export interface History {
  readonly engineRunId: string;
  readonly events: Events;
}

/** Every history of a run, oldest first. */
export async function historiesOf(client: Client, runId: string): Promise<readonly History[]> {
  const histories: History[] = [];
  let engineRunId: string | null = (await client.workflow.getHandle(runId).describe()).runId;
  while (engineRunId !== null && engineRunId !== '') {
    const { events } = await client.workflow.getHandle(runId, engineRunId).fetchHistory();
    histories.unshift({ engineRunId, events: events ?? [] });
    engineRunId =
      events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? null;
  }
  return histories;
}

/**
 * The approvals that the workflow has heard of when its last history ends: what this history began
 * with, and what came since.
 */
export function hintedApprovals(histories: readonly History[]): ReadonlySet<string> {
  const events = histories.at(-1)?.events ?? [];
  const heard = new Set<string>();
  for (const event of events) {
    const begun = event.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    const signalled = event.workflowExecutionSignaledEventAttributes?.input?.payloads ?? [];
    for (const { data } of [...begun, ...signalled]) {
      const text = Buffer.from(data ?? []).toString('utf8');
      for (const [, id] of text.matchAll(/"approvalId":"([^"]+)"/g)) heard.add(id ?? '');
    }
  }
  return heard;
}
