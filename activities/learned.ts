/** What a tool said, as the ledger takes it: bounded, and with the wait before another attempt. */
import { toolResultBytes } from '../contracts/limits.js';
import type { RetryPolicy } from '../contracts/retry-policies.js';
import type { Found, Learned } from '../store/call-attempt.js';
import { boundedRetryAfter, retryDelayMs } from './adapter.js';
import type { ToolFinding, ToolOutcome } from './tool.js';

/** An outcome as it is recorded. `attempt` counts from 1; `taints`: strangers write what it says. */
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
      return { kind: 'refused', message: outcome.message.slice(0, toolResultBytes), taints };
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
export function foundOf(
  finding: ToolFinding,
  policy: RetryPolicy,
  attempt: number,
  taints: boolean,
): Found {
  switch (finding.kind) {
    case 'found':
      return { ...finding, result: boundedJson(finding.result), taints };
    case 'absent':
      return finding;
    case 'inconclusive':
      return { ...finding, retryInMs: retryDelayMs(policy, attempt) };
  }
}

/** The model is told what people made of its arguments: it did not plan what was done. */
export function toldOf(outcome: ToolOutcome, { editedBy, args }: ChangedCall): ToolOutcome {
  if (editedBy === null) return outcome;
  const changed = { changedBy: editedBy, madeWith: args };
  switch (outcome.kind) {
    case 'done': {
      const { result } = outcome;
      const isPlain = typeof result === 'object' && result !== null && !Array.isArray(result);
      return { ...outcome, result: isPlain ? { ...result, ...changed } : { result, ...changed } };
    }
    case 'refused': {
      const how = `${editedBy} had changed the arguments to ${JSON.stringify(args)}.`;
      return { ...outcome, message: `${outcome.message} ${how}` };
    }
    case 'not-sent':
    case 'unknown':
      return outcome;
  }
}

interface ChangedCall {
  /** Who changed its arguments, where people did. */
  readonly editedBy: string | null;
  readonly args: unknown;
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
