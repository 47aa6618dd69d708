/**
 * Asks the models of a chain until one gives an answer that counts. Every call is written down before
 * it is made: what was paid for is known, even where nobody heard the answer.
 */
import { CancelledFailure, Context } from '@temporalio/activity';
import type { AttemptPurpose } from '../contracts/usage.js';
import type { ModelChain, ModelChoice } from '../contracts/model-choice.js';
import { quotaRetryMs, retryPolicies } from '../contracts/retry-policies.js';
import type { RunAddress } from '../store/run-transaction.js';
import {
  failAttempt,
  openAttempt,
  type AttemptEnd,
  type Bill,
  type OpenAttempt,
} from '../store/turn-attempts.js';
import { noteTurnRetry } from '../store/turns.js';
import { boundedRetryAfter, failureOf, retryDelayMs } from './adapter.js';
import type { ActivityDeps } from './deps.js';
import { choiceAt, nextStep, type ChainPlace, type ChainStep } from './models/chain.js';
import type { ModelBill, ModelRequest, ModelTurn, ModelUsage } from './models/model.js';
import { ModelError, type ModelFailureCode } from './models/model-error.js';
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
  readonly purpose: AttemptPurpose;
  /** What a call of a model is reckoned to use if its answer is lost. */
  readonly expected: (model: string) => ModelUsage;
  /** Where each answer is shown while it comes; null for what nobody is to read. */
  readonly shown: ShownText | null;
}

/** An answer that counts, the link that gave it, and how its call is to be written down. */
export interface CountedAnswer {
  readonly kind: 'answered';
  readonly answer: ModelTurn;
  readonly choice: ModelChoice;
  readonly attempt: OpenAttempt;
  readonly end: Omit<AttemptEnd, 'outcome'>;
}

/** No model of the chain answers this request, however often it is asked. */
export interface NoAnswer {
  readonly kind: 'unanswered';
  readonly code: ModelFailureCode;
}

/**
 * Asks the run's model. An answer that is cut in a call or garbled is asked for again, and what the
 * chain names is answered by its next link. Throws what Temporal is to do about what passes.
 */
export async function askModel(
  deps: ActivityDeps,
  request: OpenModelRequest,
  asked: AskedTurn,
): Promise<CountedAnswer | NoAnswer> {
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
    const open = await openAttempt(deps.database, asked.address, newAttempt(asked, choice));
    deps.passPoint('turn-asked');
    const outcome = await askOnce(deps, choice, { ...request, ...capOf(place) }, asked.shown);
    const step = nextStep(asked.chain, place, outcome);
    if (step.kind === 'accept' && step.turn.stop !== 'context-full') {
      const end = endOf(choice, null, step.turn);
      return { kind: 'answered', answer: step.turn, choice, attempt: open, end };
    }
    await noteMissed(deps, asked, open, choice, outcome, step);
    if (step.kind === 'accept') return { kind: 'unanswered', code: 'model-context-too-long' };
    if (step.kind === 'fail') return failedTurn(deps, asked, attempt, step.error);
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
  shown: ShownText | null,
): Promise<ModelTurn | ModelError> {
  const { cancellationSignal: signal } = Context.current();
  const whole = { ...request, provider, model: name, ...(effort === undefined ? {} : { effort }) };
  try {
    const delta = shown === null ? {} : { onDelta: shown.begin() };
    return await model.complete(whole, { signal, ...delta });
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
}

const newAttempt = ({ turn, purpose, expected }: AskedTurn, choice: ModelChoice) => ({
  turn,
  purpose,
  provider: choice.provider,
  model: choice.model,
  expected: billOf({
    model: choice.model,
    pricedBy: choice.provider,
    usage: expected(choice.model),
  }),
});

async function noteMissed(
  { database }: ActivityDeps,
  { address, chain }: AskedTurn,
  open: OpenAttempt,
  choice: ModelChoice,
  outcome: ModelTurn | ModelError,
  step: ChainStep,
): Promise<void> {
  const end = { ...endOf(choice, codeOf(step), outcome), outcome: 'failed' as const };
  const { model: from } = choice;
  await failAttempt(
    database,
    address,
    open,
    end,
    step.kind === 'switch'
      ? {
          position: step.position,
          from,
          to: choiceAt(chain, step.position).model,
          code: step.code,
        }
      : null,
  );
}

function codeOf(step: ChainStep): ModelFailureCode {
  switch (step.kind) {
    case 'accept':
      return 'model-context-too-long';
    case 'fail':
      return step.error.code;
    case 'redo':
    case 'switch':
      return step.code;
  }
}

function endOf(
  choice: ModelChoice,
  code: ModelFailureCode | null,
  outcome: ModelTurn | ModelError,
): Omit<AttemptEnd, 'outcome'> {
  const isLost = outcome instanceof ModelError;
  const bill = isLost ? outcome.details.lost : outcome;
  return {
    code,
    model: bill?.model ?? choice.model,
    requestId: (isLost ? outcome.details.requestId : outcome.requestId) ?? null,
    bill: bill === undefined ? null : billOf(bill),
  };
}

function billOf(bill: ModelBill): Bill {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = bill.usage;
  const { microsUsd: costMicrosUsd, isEstimate, priceVersion } = costOf(bill);
  return {
    inputTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    costMicrosUsd,
    isEstimate,
    priceVersion,
  };
}

/**
 * Throws what passes, so that Temporal tries again, and says in the run's row when. What does not pass
 * is returned.
 */
async function failedTurn(
  { database }: ActivityDeps,
  { address, turn }: AskedTurn,
  attempt: number,
  { code, kind, details }: ModelError,
): Promise<NoAnswer> {
  if (Context.current().cancellationSignal.aborted) throw new CancelledFailure('cancelled');
  switch (kind) {
    case 'transient':
    case 'rate-limited':
    case 'quota': {
      const delayMs =
        kind === 'quota'
          ? quotaRetryMs
          : (boundedRetryAfter(details.retryAfterMs) ?? retryDelayMs(retryPolicies.model, attempt));
      await noteTurnRetry(database, address, { turn, attempt, code, delayMs });
      throw failureOf(code, delayMs);
    }
    case 'context-too-long':
    case 'permanent':
    case 'cancelled':
      return { kind: 'unanswered', code };
  }
}
