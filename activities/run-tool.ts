/** A tool as an activity: allowed to start, carried out once, recorded. All tools pass through here. */
import { CancelledFailure, Context } from '@temporalio/activity';
import type { CallResult, ToolActivityInput } from '../contracts/activities.js';
import type { EffectClass } from '../contracts/effect.js';
import type { CallId } from '../contracts/ids.js';
import { retryPolicies, sendWithinMs, type RetryPolicy } from '../contracts/retry-policies.js';
import { defaultTenant } from '../contracts/tenant.js';
import { invariant } from '../runtime/belay-error.js';
import { digestOf } from '../runtime/digest.js';
import { errorFields } from '../runtime/log.js';
import { findVersion } from '../store/agents.js';
import { recordAttempt, recordSearch, type Recorded } from '../store/call-attempt.js';
import { startCall, type AttemptTerms, type Start } from '../store/call-start.js';
import { renewBusinessKey } from '../store/business-claims.js';
import { loadCall, type LoadedCall } from '../store/calls.js';
import { isUnavailable } from '../store/database.js';
import type { SeenAgain } from '../store/preconditions.js';
import { isRepeatable, type RunAddress } from '../store/run-transaction.js';
import { transactionalEffect } from '../store/transactional-effect.js';
import { failureOf } from './adapter.js';
import { attemptTerms } from './attempt-terms.js';
import { readResultName } from './cut-result.js';
import { addressOf, type ActivityDeps } from './deps.js';
import { foundOf, learnedOf, toldOf, type Recording } from './learned.js';
import { lookAgain } from './look-again.js';
import { persist } from './persist.js';
import { settle } from './settle.js';
import type { Tool, ToolContext, ToolFinding, ToolOutcome } from './tool.js';

type Started = Extract<Start, { kind: 'started' }>;
type Searching = Extract<Start, { kind: 'search' }>;

/** One attempt at a call, from what is pinned to the end of the time it has. */
interface Attempt {
  readonly address: RunAddress;
  readonly call: LoadedCall;
  readonly args: unknown;
  readonly policy: RetryPolicy;
  readonly terms: AttemptTerms;
  /** Where the rest of a long result is kept; null where the agent could not read it. */
  readonly keptUnder: CallId | null;
  /** When it began, of `performance.now()`. */
  readonly beganAtMs: number;
  /** Begins it again, with the arguments as they are now. */
  readonly judgeAnew: () => Promise<CallResult>;
}

/** The activity of one tool. A stored result wins; an effect is dispatched before its first byte. */
export const createRunTool =
  (deps: ActivityDeps, tool: Tool) =>
  (input: ToolActivityInput): Promise<CallResult> =>
    runTool(deps, tool, input);

async function runTool(
  deps: ActivityDeps,
  tool: Tool,
  input: ToolActivityInput,
): Promise<CallResult> {
  const { runId, callId, recorded: inHistory } = input;
  const { database } = deps;
  const address = addressOf(runId);
  const beganAtMs = performance.now();
  const call = await loadCall(database, address, callId);
  invariant(call !== null, 'a planned call has a row');
  // A stored result wins; where it is a person's word, it is heard by now.
  if (call.finished) return settle(deps, address, callId, 'tool-failed');
  // A history that began before it kept these has Postgres's word for them.
  const history = inHistory ?? { ...call, argsDigest: digestOf(call.args) };
  const version = await findVersion(database, defaultTenant, call.agent, history.agentVersion);
  const spec = version?.spec.tools.find(({ name }) => name === call.tool);
  invariant(version !== null && spec !== undefined, 'a planned call has a pinned tool');
  const args = tool.args.safeParse(call.args);
  // The tool's code changed under a pinned schema: an honest result, never a guess.
  if (!args.success || !isOfClass(tool, args.data, call.effect)) {
    return settle(deps, address, callId, 'tool-failed');
  }
  const policy: RetryPolicy = retryPolicies[spec.retryPolicy];
  await renewBusinessKey(database, address, call, businessKeyOf(tool, args.data));
  const terms = attemptTerms(deps.verifier, { runId, call, history, version, spec });
  deps.passPoint('call-judged');
  const canReadOn = version.spec.tools.some(({ name }) => name === readResultName);
  const keptUnder = canReadOn ? call.id : null;
  const judgeAnew = () => runTool(deps, tool, input);
  const its = { address, call, args: args.data, policy, terms, keptUnder, beganAtMs, judgeAnew };
  return attempt(deps, tool, its);
}

/** What makes these arguments the same thing as another call's, as a digest: edits change it. */
function businessKeyOf(tool: Tool, args: unknown): string | null {
  const key = tool.businessKey?.of(args);
  return key === undefined ? null : digestOf(key);
}

/** Whether the tool is still what the call was planned as: its repeats rest on that. */
function isOfClass(tool: Tool, args: unknown, planned: EffectClass): boolean {
  const now = 'effectOf' in tool ? tool.effectOf(args) : tool.effect;
  return planned === now || planned === 'unsafe';
}

async function attempt(
  deps: ActivityDeps,
  tool: Tool,
  its: Attempt,
  seen: SeenAgain | null = null,
): Promise<CallResult> {
  const { address, call, terms } = its;
  const askedAtMs = performance.now();
  const start = await startCall(deps.database, address, call.id, terms, seen);
  switch (start.kind) {
    case 'in-flight':
      throw failureOf('effect-in-flight', start.waitMs);
    case 'unchecked': {
      // The yes rests on what this tool can't look at any more: it is not made unchecked.
      if (tool.preview === undefined) return settle(deps, address, call.id, 'tool-failed');
      return attempt(deps, tool, its, await lookAgain(deps, tool, its, start.approvalId));
    }
    case 'moved':
      return its.judgeAnew();
    case 'held':
      throw failureOf('kill-switch-on', start.waitMs);
    case 'tampered': {
      const { findings } = start;
      const about = { runId: address.runId, callId: call.id, findings };
      deps.log.error('Tampering found: nothing was sent', about);
      return start.result;
    }
    case 'search': {
      const found = await search(deps, tool, its, start);
      // It is not there: it may be sent again, through the same gates as the first time.
      return found.kind === 'absent' ? attempt(deps, tool, its) : resultOf(found);
    }
    case 'started':
      deps.passPoint('call-dispatched');
      return resultOf(await carryOut(deps, tool, its, start, askedAtMs));
    default:
      return start;
  }
}

/** What the workflow hears; throws where another attempt is to follow. */
function resultOf(result: Recorded): CallResult {
  if (result.kind === 'retry') throw failureOf(result.code, result.retryInMs);
  if (result.kind === 'superseded') throw failureOf('effect-in-flight');
  return result;
}

const recordingOf = ({ policy, keptUnder, terms }: Attempt, nth: number): Recording => ({
  policy,
  attempt: nth,
  keptUnder,
  taints: terms.taints,
});

async function carryOut(
  deps: ActivityDeps,
  tool: Tool,
  its: Attempt,
  start: Started,
  askedAtMs: number,
): Promise<Recorded> {
  const { address, call, args } = its;
  const isTimeToSend = (): boolean => performance.now() - askedAtMs < sendWithinMs;
  const context = contextOf(its, start.effectKey, isTimeToSend);
  const learned = (outcome: ToolOutcome) =>
    learnedOf(toldOf(outcome, call), recordingOf(its, start.attempt));
  if ('runInTransaction' in tool) {
    const { fence } = start;
    invariant(fence !== null, 'an effect has a fence');
    const result = await transactionalEffect(
      deps.database,
      address,
      call.id,
      fence,
      async (query) => {
        const outcome = await undone(deps, context, () => tool.runInTransaction(args, query));
        deps.passPoint('call-answered');
        return learned(outcome);
      },
    );
    deps.passPoint('call-recorded');
    return result;
  }
  const outcome = await guarded(deps, context, () => tool.run(args, context));
  deps.passPoint('call-answered');
  const record = () =>
    recordAttempt(deps.database, address, call.id, start.fence, learned(outcome));
  return recorded(deps, its, record);
}

async function search(deps: ActivityDeps, tool: Tool, its: Attempt, start: Searching) {
  const { address, call, args } = its;
  const context = contextOf(its, start.effectKey, () => false);
  const finding = await guardedSearch(deps, tool, args, context);
  deps.passPoint('call-searched');
  const found = foundOf(finding, recordingOf(its, start.attempt));
  const record = () => recordSearch(deps.database, address, call.id, start.fence, found);
  return recorded(deps, its, record);
}

/** What was learned must not be lost to a short outage: for some tools nobody could ask again. */
async function recorded<Result>(
  deps: ActivityDeps,
  { policy, beganAtMs }: Attempt,
  record: () => Promise<Result>,
): Promise<Result> {
  const result = await persist(record, policy.startToCloseMs - (performance.now() - beganAtMs));
  deps.passPoint('call-recorded');
  return result;
}

const neverAborted = new AbortController().signal;

function contextOf(
  { address, call, policy }: Attempt,
  effectKey: ToolContext['effectKey'],
  isTimeToSend: () => boolean,
): ToolContext {
  return {
    ...address,
    callId: call.id,
    effectKey,
    effect: call.effect,
    requestTimeoutMs: policy.requestTimeoutMs,
    isTimeToSend,
    // Effects are awaited even when the run is cancelled: aborting one would make it unknown.
    signal: effectKey === null ? Context.current().cancellationSignal : neverAborted,
  };
}

/** A tool that throws says nothing about its effect. */
async function guarded(
  deps: ActivityDeps,
  context: ToolContext,
  run: () => Promise<ToolOutcome>,
): Promise<ToolOutcome> {
  try {
    return await run();
  } catch (error) {
    if (context.signal.aborted) throw new CancelledFailure('cancelled');
    logThrown(deps, context, error);
    return { kind: 'unknown', code: 'tool-unreachable' };
  }
}

/** One that throws in our own transaction is rolled back: it certainly did nothing, and never will. */
async function undone(
  deps: ActivityDeps,
  context: ToolContext,
  run: () => Promise<ToolOutcome>,
): Promise<ToolOutcome> {
  try {
    return await run();
  } catch (error) {
    if (isUnavailable(error) || isRepeatable(error)) throw error;
    logThrown(deps, context, error);
    return { kind: 'refused', message: 'It failed, and nothing of it was kept.' };
  }
}

async function guardedSearch(
  deps: ActivityDeps,
  tool: Tool,
  args: unknown,
  context: ToolContext,
): Promise<ToolFinding> {
  invariant('find' in tool, 'a tool that is searched is reconcilable');
  try {
    return await tool.find(args, context);
  } catch (error) {
    logThrown(deps, context, error);
    return { kind: 'inconclusive', code: 'tool-unreachable' };
  }
}

function logThrown(deps: ActivityDeps, { runId, callId }: ToolContext, error: unknown): void {
  deps.log.error('A tool threw', { runId, callId, ...errorFields(error) });
}
