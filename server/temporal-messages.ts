/** What is said to Temporal: the start of a run's workflow, its signals, its cancellation. */
import type { Client, WorkflowStartOptions } from '@temporalio/client';
import {
  defaultPayloadConverter,
  defineSearchAttributeKey,
  toPayloads,
  type SearchAttributePair,
} from '@temporalio/common';
import type { AgentRunInput } from '../contracts/activities.js';
import { workflowTaskTimeoutMs } from '../contracts/retry-policies.js';
import { searchAttributes } from '../contracts/search-attributes.js';
import type { OutboxRow } from '../store/outbox.js';

/** The type of every run's workflow. */
const workflowType = 'agentRun';

export interface TemporalTarget {
  readonly client: Client;
  readonly namespace: string;
  readonly taskQueue: string;
  /** After this many events a run goes on in a fresh history. */
  readonly historyEventsPerRun: number;
  /** Where a run is shown to people. */
  readonly consoleUrl: (runId: string) => string;
}

/** Starts the workflow of a run; one that is there already is left as it is. */
export async function sendStart(
  { client, taskQueue, historyEventsPerRun, consoleUrl }: TemporalTarget,
  row: OutboxRow,
  withAttributes: boolean,
): Promise<void> {
  const input: AgentRunInput = { runId: row.runId, historyEventsPerRun };
  const options: WorkflowStartOptions = {
    workflowId: row.runId,
    taskQueue,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowTaskTimeout: workflowTaskTimeoutMs,
    staticSummary: `${row.agent} · started by ${row.requestedBy}`,
    staticDetails: detailsOf(row, consoleUrl(row.runId)),
    ...(withAttributes ? { typedSearchAttributes: attributesOf(row) } : {}),
  };
  await client.workflow.start(workflowType, options);
}

/** Shown as Markdown. Names and ids only. */
const detailsOf = (row: OutboxRow, url: string): string =>
  [
    `- run \`${row.runId}\``,
    `- agent \`${row.agent}\`, version \`${row.agentVersion.slice(0, 12)}\``,
    `- started by \`${row.requestedBy}\` at ${row.createdAt}`,
    `- [its page in the console](${url})`,
  ].join('\n');

function attributesOf(row: OutboxRow): SearchAttributePair[] {
  const { agent, status, tenant } = searchAttributes;
  const pair = (name: string, value: string): SearchAttributePair => ({
    key: defineSearchAttributeKey(name, 'KEYWORD'),
    value,
  });
  return [
    pair(agent.name, row.agent),
    pair(status.name, 'queued'),
    pair(tenant.name, row.tenantId),
  ];
}

/**
 * Sends a signal. The server drops repeats of one request id, so an attempt whose answer was lost
 * is repeated under the same id, and the next delivery gets a new one.
 */
export async function sendSignal(
  { client, namespace }: TemporalTarget,
  row: OutboxRow,
): Promise<void> {
  await client.workflowService.signalWorkflowExecution({
    namespace,
    workflowExecution: { workflowId: row.runId },
    signalName: row.kind,
    input: { payloads: toPayloads(defaultPayloadConverter, row.payload) ?? [] },
    identity: client.options.identity,
    requestId: `${subjectOf(row)}:${row.deliveries + 1}`,
  });
}

/** What the signal is about, by the id that is unique to this answer. */
const subjectOf = ({ id, payload }: OutboxRow): string =>
  String(payload['decisionId'] ?? payload['effectKey'] ?? id);

/** Asks for the cancellation of a run's workflow. */
export async function sendCancel(
  { client, namespace }: TemporalTarget,
  row: OutboxRow,
): Promise<void> {
  await client.workflowService.requestCancelWorkflowExecution({
    namespace,
    workflowExecution: { workflowId: row.runId },
    identity: client.options.identity,
    requestId: `${row.runId}:cancel`,
    reason: 'Asked for through Belay',
  });
}
