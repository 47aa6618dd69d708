/** A tool as an activity: allowed to start, carried out once, recorded. All tools pass through here. */
import { CancelledFailure, Context } from '@temporalio/activity';
import type { CallResult, ToolActivityInput } from '../contracts/activities.js';
import { toolResultBytes } from '../contracts/limits.js';
import { retryPolicies, sendWithinMs, type RetryPolicy } from '../contracts/retry-policies.js';
import { defaultTenant } from '../contracts/tenant.js';
import { invariant } from '../runtime/belay-error.js';
import { errorFields } from '../runtime/log.js';
import { findVersion } from '../store/agents.js';
import { recordAttempt, startCall, type Learned, type Start } from '../store/call-attempt.js';
import { settleCall } from '../store/call-settlement.js';
import { loadCall } from '../store/calls.js';
import { boundedRetryAfter, failureOf, retryDelayMs } from './adapter.js';
import { addressOf, type ActivityDeps } from './deps.js';
import { judge } from './judge.js';
import { persist } from './persist.js';
import type { Tool, ToolContext, ToolOutcome } from './tool.js';

type Started = Extract<Start, { kind: 'started' }>;

/** The activity of one tool. A stored result wins; an effect is dispatched before its first byte. */
export const createRunTool =
  (deps: ActivityDeps, tool: Tool) =>
  async ({ runId, callId }: ToolActivityInput): Promise<CallResult> => {
    const { database, passPoint } = deps;
    const address = addressOf(runId);
    const startedAtMs = performance.now();
    const call = await loadCall(database, address, callId);
    invariant(call !== null, 'a planned call has a row');
    if (call.finished) return { kind: 'finished' };
    const version = await findVersion(database, defaultTenant, call.agent, call.agentVersion);
    const spec = version?.spec.tools.find(({ name }) => name === call.tool);
    invariant(version !== null && spec !== undefined, 'a planned call has a pinned tool');
    const args = tool.args.safeParse(call.args);
    // The tool's code changed under a pinned schema: an honest result, never a guess.
    if (!args.success) return settleCall(database, address, callId, 'tool-failed');
    const policy: RetryPolicy = retryPolicies[spec.retryPolicy];
    const { requestedBy, turn } = call;
    const { verdict, ...question } = judge(version, { runId, requestedBy, turn }, spec, call.args);
    passPoint('call-judged');
    const askedAtMs = performance.now();
    const start = await startCall(database, address, callId, {
      verdict,
      question,
      keyRetentionMs: spec.keyRetentionMs,
      requestTimeoutMs: policy.requestTimeoutMs,
    });
    if (start.kind === 'in-flight') throw failureOf('effect-in-flight', start.waitMs);
    if (start.kind !== 'started') return start;
    passPoint('call-dispatched');
    const context: ToolContext = {
      tenantId: defaultTenant,
      runId,
      callId,
      effectKey: start.effectKey,
      requestTimeoutMs: policy.requestTimeoutMs,
      isTimeToSend: () => performance.now() - askedAtMs < sendWithinMs,
      // Effects are awaited even when the run is cancelled: aborting one would make it unknown.
      signal: start.effectKey === null ? Context.current().cancellationSignal : neverAborted,
    };
    const outcome = await carryOut(deps, tool, args.data, context);
    passPoint('call-answered');
    const learned = learnedOf(outcome, policy, start);
    const record = () => recordAttempt(database, address, callId, start.fence, learned);
    // What was learned must not be lost to a short outage: for some tools nobody could ask again.
    const recorded = await persist(
      record,
      policy.startToCloseMs - (performance.now() - startedAtMs),
    );
    passPoint('call-recorded');
    if (recorded.kind === 'retry') throw failureOf(codeOf(learned), delayOf(learned));
    if (recorded.kind === 'superseded') throw failureOf('effect-in-flight');
    return recorded;
  };

const neverAborted = new AbortController().signal;

async function carryOut(
  deps: ActivityDeps,
  tool: Tool,
  args: unknown,
  context: ToolContext,
): Promise<ToolOutcome> {
  try {
    return await tool.run(args, context);
  } catch (error) {
    if (context.signal.aborted) throw new CancelledFailure('cancelled');
    const { runId, callId } = context;
    deps.log.error('A tool threw', { runId, callId, ...errorFields(error) });
    return { kind: 'unknown', code: 'tool-unreachable' };
  }
}

function learnedOf(outcome: ToolOutcome, policy: RetryPolicy, { attempt }: Started): Learned {
  const retryInMs = retryDelayMs(policy, attempt);
  switch (outcome.kind) {
    case 'done': {
      const { externalRef } = outcome;
      return { kind: 'done', result: boundedJson(outcome.result), externalRef };
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

const codeOf = (learned: Learned) => ('code' in learned ? learned.code : 'tool-failed');
const delayOf = (learned: Learned) => ('retryInMs' in learned ? learned.retryInMs : 0);
