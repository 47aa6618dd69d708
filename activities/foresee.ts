/** Asks a tool what a call will do, within a bound, whatever the tool does. */
import { CancelledFailure } from '@temporalio/activity';
import { previewLimits } from '../contracts/limits.js';
import type { Preview, PreviewChange } from '../contracts/preview.js';
import { retryPolicies } from '../contracts/retry-policies.js';
import { digestOf } from '../runtime/digest.js';
import { errorFields } from '../runtime/log.js';
import type { LoadedCall } from '../store/calls.js';
import type { Foreseen } from '../store/previews.js';
import type { RunAddress } from '../store/run-transaction.js';
import type { ActivityDeps } from './deps.js';
import type { Tool } from './tool.js';

/** The call that is looked at. */
interface Subject {
  readonly address: RunAddress;
  readonly callId: LoadedCall['id'];
  readonly args: unknown;
}

/**
 * What the tool says, cut to what is kept; null where it could not say it in time, for whatever
 * reason. Throws only when `cancelled` is aborted.
 */
export async function foresee(
  { log }: ActivityDeps,
  tool: Tool,
  { address, callId, args }: Subject,
  cancelled: AbortSignal,
): Promise<Foreseen | null> {
  const { requestTimeoutMs } = retryPolicies.preview;
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(requestTimeoutMs)]);
  try {
    const context = { ...address, callId, requestTimeoutMs, signal };
    const asked = tool.preview?.(tool.args.parse(args), context);
    if (asked === undefined) return null;
    const { preview, precondition } = await Promise.race([asked, abortOf(signal)]);
    const preconditionDigest = precondition === null ? null : digestOf(precondition);
    return { preview: bounded(preview), preconditionDigest };
  } catch (error) {
    if (cancelled.aborted) throw new CancelledFailure('cancelled');
    log.warn('A tool could not say what a call will do', {
      runId: address.runId,
      callId,
      ...errorFields(error),
    });
    return null;
  }
}

/** Rejects when the signal is aborted: a tool that does not listen to it is not waited for. */
const abortOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

function bounded({ sentence, changes, reversibility, cost }: Preview): Preview {
  return {
    sentence: beginning(sentence, previewLimits.sentence),
    changes: changes.slice(0, previewLimits.changes).map(boundedChange),
    reversibility,
    cost: boundedText(cost),
  };
}

const boundedChange = ({ what, before, after }: PreviewChange): PreviewChange => ({
  what: beginning(what, previewLimits.text),
  before: boundedText(before),
  after: boundedText(after),
});

const boundedText = (text: string | null): string | null =>
  text === null ? null : beginning(text, previewLimits.text);

const beginning = (text: string, characters: number): string =>
  text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
