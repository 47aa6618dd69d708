/** Which questions are shown, in which order, and for how long after their answer. Pure. */
import type { ApprovalView } from '../../contracts/approval.js';
import { takeBackMs } from '../words/take-back.js';

export interface Question {
  readonly approval: ApprovalView;
  /** When it was seen to be pending no more; null while it waits. */
  readonly settledAtMs: number | null;
}

/** A decided question stays readable for this long. */
const settledForMs = 10_000;

export const questionOf = (approval: ApprovalView, nowMs: number): Question => ({
  approval,
  settledAtMs: approval.status === 'pending' ? null : nowMs,
});

/** Takes in what is known of questions now: those already shown keep their place, new ones follow. */
export function takeIn(
  shown: readonly Question[],
  known: readonly ApprovalView[],
  nowMs: number,
): readonly Question[] {
  const byId = new Map(known.map((approval) => [approval.id, approval]));
  const kept = shown.map((question) => {
    const approval = byId.get(question.approval.id);
    if (approval === undefined) return question;
    // What is settled stays so: an answer that was on its way may be older.
    const isNews = question.settledAtMs === null || isLater(approval, question.approval);
    return isNews ? questionOf(approval, nowMs) : question;
  });
  const ids = new Set(shown.map(({ approval }) => approval.id));
  const fresh = known.filter(({ id }) => !ids.has(id));
  return [...kept, ...fresh.map((approval) => questionOf(approval, nowMs))];
}

/** A yes can be taken back, and people can be asked again. */
const isLater = (approval: ApprovalView, shown: ApprovalView): boolean =>
  (approval.withdrawn ?? null) !== null
    ? (shown.withdrawn ?? null) === null
    : approval.round > shown.round;

/** Leaves out what was settled long enough ago, but for what someone is at or can take back. */
export const withoutOld = (
  shown: readonly Question[],
  nowMs: number,
  isHeld: (id: string) => boolean,
): readonly Question[] =>
  shown.filter(
    ({ approval, settledAtMs }) =>
      settledAtMs === null ||
      nowMs - settledAtMs < settledForMs ||
      takeBackMs(approval, nowMs) > 0 ||
      isHeld(approval.id),
  );
