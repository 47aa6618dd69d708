/** Looks once more at what a yes rests on, right before its call is sent for the first time. */
import { Context } from '@temporalio/activity';
import type { ApprovalId } from '../contracts/ids.js';
import type { RetryPolicy } from '../contracts/retry-policies.js';
import type { LoadedCall } from '../store/calls.js';
import { noteUncheckable, type SeenAgain } from '../store/preconditions.js';
import type { RunAddress } from '../store/run-transaction.js';
import { failureOf, retryDelayMs } from './adapter.js';
import type { ActivityDeps } from './deps.js';
import { foresee } from './foresee.js';
import type { Tool } from './tool.js';

interface Looking {
  readonly address: RunAddress;
  readonly call: LoadedCall;
  readonly args: unknown;
  readonly policy: RetryPolicy;
}

/** What the tool says now; where it can't say it, the attempt fails and another one asks again. */
export async function lookAgain(
  deps: ActivityDeps,
  tool: Tool,
  { address, call, args, policy }: Looking,
  approvalId: ApprovalId,
): Promise<SeenAgain> {
  const { info, cancellationSignal } = Context.current();
  const subject = { address, callId: call.id, args };
  const seen = await foresee(deps, tool, subject, cancellationSignal);
  if (seen !== null) return { ...seen, approvalId };
  const delayMs = retryDelayMs(policy, info.attempt);
  await noteUncheckable(deps.database, address, call.id, 'tool-unreachable', delayMs);
  throw failureOf('tool-unreachable', delayMs);
}
