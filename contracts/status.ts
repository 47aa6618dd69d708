/** The status of a run: one pure function of its rows. Every writing transaction applies it; nobody sets a status otherwise. */
import type { CallState, RetryNote } from './call.js';
import type { FinalStatus, RunStatus, Wait, WaitKind } from './run.js';
import { levelEnd, type TimedQuestion } from './telling.js';
import { levelAt } from './voting.js';

/** The rows that a status is made of. Times are RFC 3339. */
export interface StatusInput {
  /** Postgres's clock when they were read. */
  readonly now: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly pausedAt: string | null;
  readonly ended: FinalStatus | null;
  /** The outbox row that starts the workflow. */
  /** Null when it was withdrawn. */
  readonly start: { readonly deliveredAt: string | null; readonly isDead: boolean } | null;
  /** Set while the model call of the next turn waits for its next attempt. */
  readonly turnRetry: RetryNote | null;
  /** The calls without an outcome. */
  readonly openCalls: readonly {
    readonly tool: string;
    readonly state: Exclude<CallState, 'finished'>;
    readonly retry: RetryNote | null;
  }[];
  readonly pendingApprovals: readonly TimedQuestion[];
  /** People's answers that no worker has taken up yet. */
  readonly untakenAnswers: readonly {
    readonly since: string;
    readonly isDead: boolean;
    /** Until then a yes can be taken back; null where it can't be. */
    readonly heldUntil: string | null;
  }[];
  readonly parkedEffects: readonly { readonly tool: string; readonly since: string }[];
}

export interface StatusResult {
  readonly status: RunStatus;
  readonly waitingFor: readonly Wait[];
}

/** Computes status and waits. `waiting` means that something is awaited and nothing of the run runs. */
export function statusOf(input: StatusInput): StatusResult {
  if (input.ended !== null) return { status: input.ended, waitingFor: [] };
  if (input.startedAt === null) return { status: 'queued', waitingFor: [waitForStart(input)] };
  const waitingFor = waitsOf(input);
  if (input.pausedAt !== null) return { status: 'paused', waitingFor };
  return { status: isAnythingRunning(input) ? 'running' : 'waiting', waitingFor };
}

function isAnythingRunning(input: StatusInput): boolean {
  if (input.openCalls.length === 0) {
    return input.turnRetry === null && input.untakenAnswers.length === 0;
  }
  return input.openCalls.some(
    ({ state, retry }) => (state === 'planned' || state === 'running') && retry === null,
  );
}

function waitsOf(input: StatusInput): Wait[] {
  return [
    ...input.pendingApprovals.map((approval) => waitForPeople(approval, input.now)),
    ...input.untakenAnswers.map(waitForAnswer),
    ...input.parkedEffects.map(({ tool, since }): Wait => ({
      kind: 'effect',
      who: 'operator',
      since,
      until: null,
      then: `someone says what became of ${tool}; it is never repeated by itself`,
    })),
    ...input.openCalls.flatMap(({ tool, retry }) =>
      retry === null ? [] : [waitForRetry(tool, retry)],
    ),
    ...(input.turnRetry === null ? [] : [waitOfTurn(input.turnRetry)]),
  ];
}

/** Who is asked now, until when, and what then. What has expired nobody can answer any more. */
function waitForPeople(approval: TimedQuestion, now: string): Wait {
  const { requestedAt, expiresAt } = approval;
  if (Date.parse(now) >= Date.parse(expiresAt)) return dependency('worker', expiresAt, tooLate);
  const { index, approvers } = levelAt(approval, requestedAt, now);
  const { at: until, next } = levelEnd(approval, index);
  const then =
    next === null
      ? 'unanswered, the call is not made and the model is told'
      : `unanswered, it escalates to ${peopleOf(next)}`;
  return { kind: 'approval', who: namesOf(approvers), since: requestedAt, until, then };
}

const tooLate = 'nobody decided in time: the call is not made and the model is told';

const namesOf = (approvers: readonly string[]): string =>
  approvers.length > 0 ? approvers.join(' or ') : 'approver';

const peopleOf = ({ approvers, quorum }: Pick<TimedQuestion, 'approvers' | 'quorum'>): string =>
  quorum > 1 ? `${quorum} of ${namesOf(approvers)}` : namesOf(approvers);

const waitForAnswer = ({
  since,
  isDead,
  heldUntil,
}: StatusInput['untakenAnswers'][number]): Wait => {
  if (isDead) return dependency('operator', since, refusedByTemporal);
  if (heldUntil === null) return dependency('worker', since, 'the answer is carried out');
  const then = 'it is carried out, unless one who voted takes it back';
  return { kind: 'approval', who: 'approver', since, until: heldUntil, then };
};

const dependency = (who: string, since: string, then: string): Wait => ({
  kind: 'dependency',
  who,
  since,
  until: null,
  then,
});

const waitOfTurn = (retry: RetryNote): Wait =>
  retry.code === 'effect-not-settled'
    ? {
        kind: 'effect',
        who: 'operator',
        since: retry.since,
        until: null,
        then: 'someone says what became of the parked effects of the run that is undone',
      }
    : waitForRetry('model', retry);

const refusedByTemporal = 'Temporal refuses it for good; /readyz has the reason';

function waitForStart({ start, createdAt }: StatusInput): Wait {
  const deliveredAt = start?.deliveredAt ?? null;
  const isDead = start?.isDead === true;
  return {
    kind: 'dependency',
    who: isDead ? 'operator' : deliveredAt === null ? 'temporal' : 'worker',
    since: deliveredAt ?? createdAt,
    until: null,
    then: isDead ? refusedByTemporal : 'the run starts by itself',
  };
}

function waitForRetry(who: string, { code, attempt, since, until }: RetryNote): Wait {
  if (code === 'kill-switch-on') {
    return { kind: 'effect', who: 'operator', since, until, then: heldWords(who) };
  }
  if (code === 'model-quota') {
    return { kind: 'budget', who: 'operator', since, until, then: quotaWords };
  }
  const then = `attempt ${attempt + 1} starts by itself`;
  return { kind: retryWaits[code] ?? 'retry', who, since, until, then };
}

/** What it is that a retry waits for, where it is more than the clock. */
const retryWaits: Readonly<Record<string, WaitKind>> = {
  'model-rate-limited': 'rate-limit',
  'model-overloaded': 'dependency',
  'model-unreachable': 'dependency',
  'model-stalled': 'dependency',
};

const quotaWords =
  'someone raises the spending limit of the model account; it looks again by itself';

/** What is said of a call that a kill switch holds. */
const heldOpening = 'someone lifts the kill switch that holds';
const heldWords = (tool: string): string => `${heldOpening} ${tool}; then it goes on by itself`;

/** Says whether it is a kill switch that a run waits for, and not a person's word on an effect. */
export const isHeld = ({ kind, then }: Wait): boolean =>
  kind === 'effect' && then.startsWith(heldOpening);
