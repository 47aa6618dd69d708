/** What a tool said, as the ledger takes it: bounded, and with the wait before another attempt. */
import { toolResultBytes } from '../contracts/limits.js';
import type { RetryPolicy } from '../contracts/retry-policies.js';
import type { Found, Learned } from '../store/call-attempt.js';
import { boundedRetryAfter, retryDelayMs } from './adapter.js';
import type { ToolFinding, ToolOutcome } from './tool.js';

/** An outcome as it is recorded. `attempt` counts from 1; `taints`: strangers wrote its result. */
export function learnedOf(
  outcome: ToolOutcome,
  policy: RetryPolicy,
  attempt: number,
  taints: boolean,
): Learned {
  const retryInMs = retryDelayMs(policy, attempt);
  switch (outcome.kind) {
    case 'done': {
      const { externalRef } = outcome;
      return { kind: 'done', result: boundedJson(outcome.result), externalRef, taints };
    }
    case 'refused':
      return { kind: 'refused', message: outcome.message.slice(0, toolResultBytes) };
    case 'not-sent':
      return {
        kind: 'not-sent',
        code: outcome.code,
        retryInMs: boundedRetryAfter(outcome.retryAfterMs) ?? retryInMs,
      };
    case 'unknown':
      return { kind: 'unknown', code: outcome.code, retryInMs };
  }
}

/** What a search found, as it is recorded. */
export function foundOf(finding: ToolFinding, policy: RetryPolicy, attempt: number): Found {
  switch (finding.kind) {
    case 'found':
      return { ...finding, result: boundedJson(finding.result) };
    case 'absent':
      return finding;
    case 'inconclusive':
      return { ...finding, retryInMs: retryDelayMs(policy, attempt) };
  }
}

/** A result as JSON text of at most `toolResultBytes`; a longer one keeps its beginning and says so. */
function boundedJson(result: unknown): string {
  const text = JSON.stringify(result ?? null);
  const bytes = Buffer.byteLength(text);
  if (bytes <= toolResultBytes) return text;
  const beginning = Buffer.from(text)
    .subarray(0, toolResultBytes / 2)
    .toString();
  return JSON.stringify({ truncated: true, bytes, beginning });
}
