/** The commit of a turn: transcript, calls, questions, usage and events in one transaction (P8). */
import type { OnRepeat } from '../contracts/agent.js';
import type { Question } from '../contracts/approval.js';
import type { AskedApproval, PlannedCall, TakeTurnResult } from '../contracts/activities.js';
import type { Verdict } from '../contracts/call.js';
import type { EffectClass } from '../contracts/effect.js';
import type { FailureCode } from '../contracts/failure.js';
import type { TakenUse } from '../contracts/granting.js';
import type { CallId, Digest, EffectKey, GrantId } from '../contracts/ids.js';
import type { RetryPolicyName } from '../contracts/retry-policies.js';
import { BelayError } from '../runtime/belay-error.js';
import { newCallId } from '../runtime/ids.js';
import { storableText } from '../runtime/text.js';
import { askApproval } from './approvals.js';
import { askAboutRepeat, claimsOfSql, type ClaimRow } from './business-claims.js';
import { finishCall } from './calls.js';
import { isHopeless, lastCallsSql, stopRepeats, type CallIdentity } from './repeated-calls.js';
import type { Database } from './database.js';
import { reserveUse, takeGrants } from './grant-uses.js';
import { lockedGrantsSql, type GrantRow } from './grants.js';
import { inRun, type RunAddress, type RunTransaction } from './run-transaction.js';
import {
  appendMessages,
  isNext,
  lastLinkSql,
  type LastLink,
  type StoredMessage,
} from './transcript.js';
import { endAttempt, giveUpAttempts, type AttemptEnd, type OpenAttempt } from './turn-attempts.js';
import { committedTurn, committedTurnSql, type CommittedTurnRow } from './turns.js';

/** A call as the activity judged it, before it has an id. */
export interface JudgedCall {
  readonly modelCallId: string;
  readonly tool: string;
  readonly title: string;
  /** Canonical JSON. */
  readonly args: string;
  readonly argsDigest: Digest;
  readonly effect: EffectClass;
  readonly retryPolicy: RetryPolicyName;
  /** What makes it the same thing as another call, and within what; null where nothing does. */
  readonly business: { readonly scope: string; readonly key: string } | null;
  /** When the same thing done by another call counts as a repeat. */
  readonly repeats?: { readonly withinMs: number; readonly onRepeat: OnRepeat } | null;
  /** The effect that it takes back. */
  readonly undoes?: EffectKey;
  readonly verdict: Verdict;
  readonly question: Question;
  /** What the rules saw beside the arguments, as canonical JSON; null where none was asked. */
  readonly ruleInputs: string | null;
  /** Whether its tool says beforehand what it will do. */
  readonly previews: boolean;
  /** Set when the call can't be made at all: what the model reads instead. */
  readonly refusal: string | null;
  /** The standing grants that cover it, in the order in which they are tried. */
  readonly grants?: readonly GrantId[];
}

export interface FreshTurn {
  readonly turn: number;
  /** `cut` in its text and `paused` go on in the next turn. */
  readonly stop: 'final' | 'tools' | 'ended' | 'cut' | 'paused';
  readonly model: string;
  /** Who was asked; absent where no model was. */
  readonly provider?: string;
  readonly requestId: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens?: number;
  readonly costMicrosUsd: number | null;
  /** Whether the cost is less than exact; a cost that is unknown always counts as such. */
  readonly costEstimated?: boolean;
  readonly priceVersion?: string | null;
  /** The messages this turn adds: what was sent, then what was received. */
  readonly messages: readonly StoredMessage[];
  /** The text of the answer, for the timeline. */
  readonly text: string;
  readonly calls: readonly JudgedCall[];
  /** The run can't go on after this turn. */
  readonly failureCode: FailureCode | null;
  /** The model call that gave it, and what that used; absent where no model was asked. */
  readonly asked?: { readonly attempt: OpenAttempt; readonly end: Omit<AttemptEnd, 'outcome'> };
}

/**
 * Commits a turn with its calls, questions, usage and events. The first commit of a turn wins, and
 * every other one returns it. Nothing is committed for a run that is being cancelled.
 */
export async function commitTurn(
  database: Database,
  address: RunAddress,
  fresh: FreshTurn,
): Promise<TakeTurnResult> {
  const offered = [...new Set(fresh.calls.flatMap(({ grants = [] }) => grants))];
  const reads = [
    committedTurnSql(address, fresh.turn),
    lastCallsSql(address),
    claimsOfSql(address, fresh.calls),
    lastLinkSql(address),
    ...(offered.length === 0 ? [] : lockedGrantsSql(address, offered)),
  ];
  const result = await inRun(database, address, reads, (transaction, rows) => {
    const { run } = transaction;
    const [[row], lastCalls, claims, [last], , grants = []] = rows as [
      CommittedTurnRow[],
      CallIdentity[],
      ClaimRow[],
      LastLink[],
      unknown[]?,
      GrantRow[]?,
    ];
    const committed = committedTurn(fresh.turn, row) ?? stopped(run);
    if (committed !== null || !isNext(last, fresh.messages)) {
      endAsked(transaction, fresh, 'superseded');
      return committed;
    }
    const judged = stopRepeats(fresh.calls, lastCalls).map((call) =>
      askAboutRepeat(call, claims, transaction.now),
    );
    const failureCode = fresh.failureCode ?? (judged.some(isHopeless) ? 'call-repeated' : null);
    writeTurn(transaction, { ...fresh, failureCode });
    appendMessages(transaction, last, fresh.turn, fresh.messages);
    endAsked(transaction, fresh, 'committed');
    const uses = takeGrants(transaction, fresh.calls, judged, grants);
    const calls = judged.map((call, index) =>
      planCall(transaction, fresh.turn, { ...call, use: uses[index] ?? null }, index),
    );
    if (failureCode !== null) return { kind: 'ended', code: failureCode } as const;
    return {
      kind: 'committed' as const,
      turn: fresh.turn,
      isFinal: fresh.stop === 'final',
      calls: calls.filter((call) => call.verdict !== 'deny'),
      costMicrosUsd: fresh.costMicrosUsd,
    };
  });
  // There is no such run, or its transcript went on without this turn: it is taken again.
  if (result === null) throw new BelayError('turn-overtaken');
  return result;
}

const stopped = ({ cancelRequestedAt, ended }: RunTransaction['run']): TakeTurnResult | null =>
  cancelRequestedAt !== null || ended !== null ? { kind: 'cancelled' } : null;

/** Whatever becomes of an answer, it was paid for; who else was asked for this turn is not heard. */
function endAsked(
  transaction: RunTransaction,
  { turn, asked }: FreshTurn,
  outcome: 'committed' | 'superseded',
): void {
  if (asked === undefined) return;
  const counted = outcome === 'committed' ? { isCounted: true as const } : {};
  endAttempt(transaction, asked.attempt, { ...asked.end, ...counted, outcome });
  if (outcome === 'committed') giveUpAttempts(transaction, turn, asked.attempt);
}

function writeTurn({ run, now, write, append }: RunTransaction, fresh: FreshTurn): void {
  const isEstimate = fresh.costMicrosUsd === null || fresh.costEstimated === true;
  write(
    `INSERT INTO turn (tenant_id, run_id, turn, stop, model, request_id, input_tokens,
       output_tokens, cache_read_tokens, cost_micros_usd, failure_code, committed_at, provider,
       cache_write_tokens, cost_estimated, price_version)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    run.tenantId,
    run.id,
    fresh.turn,
    fresh.stop,
    fresh.model,
    fresh.requestId,
    fresh.inputTokens,
    fresh.outputTokens,
    fresh.cacheReadTokens,
    fresh.costMicrosUsd,
    fresh.failureCode,
    now,
    fresh.provider ?? null,
    fresh.cacheWriteTokens ?? 0,
    isEstimate,
    fresh.priceVersion ?? null,
  );
  write(
    `UPDATE run SET turns = $3, turn_retry = NULL, last_call_seq = last_call_seq + $4,
       input_tokens = input_tokens + $5, output_tokens = output_tokens + $6,
       cache_read_tokens = cache_read_tokens + $7, cost_micros_usd = cost_micros_usd + $8,
       cost_estimated = cost_estimated OR $9
     WHERE tenant_id = $1 AND id = $2`,
    run.tenantId,
    run.id,
    fresh.turn,
    fresh.calls.length,
    fresh.inputTokens,
    fresh.outputTokens,
    fresh.cacheReadTokens,
    fresh.costMicrosUsd ?? 0,
    isEstimate,
  );
  const { turn, model, text, inputTokens, outputTokens, costMicrosUsd } = fresh;
  append({
    type: 'turn-committed',
    key: `turn-committed:${turn}`,
    data: {
      turn,
      model,
      calls: fresh.calls.length,
      text,
      inputTokens,
      outputTokens,
      costMicrosUsd,
    },
  });
}

/** What its rule asks is answered beforehand where it takes a use of a standing grant. */
function planCall(
  transaction: RunTransaction,
  turn: number,
  call: JudgedCall & { readonly use: TakenUse | null },
  index: number,
): PlannedCall {
  const { run, now, write, append } = transaction;
  const { use } = call;
  const verdict = use === null ? call.verdict : 'allow';
  const { reason: why } = call.question;
  const reason = use === null ? why : `${why} The standing grant ${use.grantId} allows it.`;
  const id: CallId = newCallId();
  const seq = run.lastCallSeq + index + 1;
  write(
    `INSERT INTO call (tenant_id, id, run_id, turn, seq, model_call_id, tool, title, args,
       args_digest, effect, retry_policy, verdict, rule, reason, state, planned_at,
       business_key, business_scope, undoes, rule_digest, rule_inputs, grant_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
       $20, $21, $22, $23)`,
    run.tenantId,
    id,
    run.id,
    turn,
    seq,
    storableText(call.modelCallId),
    storableText(call.tool),
    storableText(call.title),
    call.args,
    call.argsDigest,
    call.effect,
    call.retryPolicy,
    verdict,
    call.question.rule,
    storableText(reason),
    verdict === 'ask' ? 'asking' : 'planned',
    now,
    call.business?.key ?? null,
    call.business?.scope ?? null,
    call.undoes ?? null,
    call.question.ruleDigest,
    call.ruleInputs,
    use?.grantId ?? null,
  );
  const { tool, title, argsDigest, effect, retryPolicy } = call;
  const cited = use === null ? {} : { grantId: use.grantId };
  append({
    type: 'call-planned',
    key: `call-planned:${id}`,
    data: { callId: id, tool, title, verdict, rule: call.question.rule, argsDigest, ...cited },
  });
  if (use !== null) reserveUse(transaction, { id, seq, tool }, use);
  if (verdict === 'deny') {
    const text = call.refusal ?? `Not made: ${call.question.reason}`;
    finishCall(transaction, { id, tool }, 'denied', text, call.question.reason);
  }
  const approval: AskedApproval | null =
    verdict === 'ask'
      ? askApproval(transaction, { id, seq, tool, title }, call.question, call.previews)
      : null;
  return { callId: id, tool, verdict, effect, retryPolicy, summary: title, argsDigest, approval };
}
