/** Asks the models of a chain until one gives an answer that counts. What is paid for is recorded. */
import { CancelledFailure, Context } from '@temporalio/activity';
import type { ModelChain, ModelChoice } from '../contracts/model-choice.js';
import { quotaRetryMs, retryPolicies } from '../contracts/retry-policies.js';
import type { RunAddress } from '../store/run-transaction.js';
import { noteTurnRetry } from '../store/turns.js';
import { noteMissedAnswer, type UnusedAnswer } from '../store/unused-answers.js';
import { boundedRetryAfter, failureOf, retryDelayMs } from './adapter.js';
import type { ActivityDeps } from './deps.js';
import { choiceAt, nextStep, type ChainPlace, type ChainStep } from './models/chain.js';
import type { ModelBill, ModelRequest, ModelTurn } from './models/model.js';
import { ModelError } from './models/model-error.js';
import { costOf } from './models/prices.js';
import type { ShownText } from './show-text.js';

/** A request before it is known which model it goes to. */
export type OpenModelRequest = Omit<ModelRequest, 'provider' | 'model' | 'effort'>;

export interface AskedTurn {
  readonly address: RunAddress;
  readonly turn: number;
  readonly chain: ModelChain;
  /** The link that the run has come to. */
  readonly position: number;
  /** Where each answer is shown while it comes. */
  readonly shown: ShownText;
}

/** An answer that counts, and the link that gave it. */
export interface CountedAnswer {
  readonly answer: ModelTurn;
  readonly choice: ModelChoice;
}

/**
 * Asks the run's model. An answer that is cut in a call or garbled is asked for again, and what the
 * chain names is answered by its next link. Throws what Temporal is to do about a failure.
 */
export async function askModel(
  deps: ActivityDeps,
  request: OpenModelRequest,
  asked: AskedTurn,
): Promise<CountedAnswer> {
  const { attempt } = Context.current().info;
  const first = choiceAt(asked.chain, asked.position);
  let place: ChainPlace = {
    position: asked.position,
    attempt,
    redos: 0,
    maxOutputTokens: first.maxOutputTokens ?? request.maxOutputTokens,
  };
  for (;;) {
    const choice = choiceAt(asked.chain, place.position);
    const outcome = await askOnce(deps, choice, { ...request, ...capOf(place) }, asked.shown);
    const step = nextStep(asked.chain, place, outcome);
    if (step.kind === 'accept') return { answer: step.turn, choice };
    await noteMissed(deps, asked, place, outcome, step);
    if (step.kind === 'fail') throw await failedTurn(deps, asked, attempt, step.error);
    place = placeAfter(place, step, asked.chain, request);
  }
}

const capOf = ({ maxOutputTokens }: ChainPlace) => ({ maxOutputTokens });

function placeAfter(
  place: ChainPlace,
  step: Extract<ChainStep, { kind: 'redo' | 'switch' }>,
  chain: ModelChain,
  request: OpenModelRequest,
): ChainPlace {
  if (step.kind === 'redo') {
    return { ...place, redos: place.redos + 1, maxOutputTokens: step.maxOutputTokens };
  }
  const { maxOutputTokens = request.maxOutputTokens } = choiceAt(chain, step.position);
  return { ...place, position: step.position, redos: 0, maxOutputTokens };
}

async function askOnce(
  { model }: ActivityDeps,
  { provider, model: name, effort }: ModelChoice,
  request: OpenModelRequest,
  shown: ShownText,
): Promise<ModelTurn | ModelError> {
  const { cancellationSignal: signal } = Context.current();
  const whole = { ...request, provider, model: name, ...(effort === undefined ? {} : { effort }) };
  try {
    return await model.complete(whole, { signal, onDelta: shown.begin() });
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
}

async function noteMissed(
  { database }: ActivityDeps,
  { address, turn, chain }: AskedTurn,
  place: ChainPlace,
  outcome: ModelTurn | ModelError,
  step: Exclude<ChainStep, { kind: 'accept' }>,
): Promise<void> {
  const choice = choiceAt(chain, place.position);
  const isLost = outcome instanceof ModelError;
  const bill = isLost ? outcome.details.lost : outcome;
  const requestId = (isLost ? outcome.details.requestId : outcome.requestId) ?? null;
  await noteMissedAnswer(database, address, {
    turn,
    attempt: place.attempt,
    code: step.kind === 'fail' ? step.error.code : step.code,
    answer: bill === undefined ? null : unusedAnswer(choice, bill, requestId),
    switchTo:
      step.kind === 'switch'
        ? { position: step.position, from: choice.model, to: choiceAt(chain, step.position).model }
        : null,
  });
}

function unusedAnswer(
  { provider }: ModelChoice,
  bill: ModelBill,
  requestId: string | null,
): UnusedAnswer {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = bill.usage;
  const { microsUsd, isEstimate, priceVersion } = costOf(bill);
  return {
    provider,
    model: bill.model,
    requestId,
    inputTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    costMicrosUsd: microsUsd,
    costEstimated: isEstimate,
    priceVersion,
  };
}

/** What Temporal is told; a turn that is tried again says in the run's row when. */
async function failedTurn(
  { database }: ActivityDeps,
  { address, turn }: AskedTurn,
  attempt: number,
  { code, kind, details }: ModelError,
): Promise<Error> {
  if (Context.current().cancellationSignal.aborted) return new CancelledFailure('cancelled');
  switch (kind) {
    case 'transient':
    case 'rate-limited':
    case 'quota': {
      const delayMs =
        kind === 'quota'
          ? quotaRetryMs
          : (boundedRetryAfter(details.retryAfterMs) ?? retryDelayMs(retryPolicies.model, attempt));
      await noteTurnRetry(database, address, { turn, attempt, code, delayMs });
      return failureOf(code, delayMs);
    }
    case 'context-too-long':
    case 'permanent':
    case 'cancelled':
      return failureOf(code);
  }
}
