/** The questions on a page as they come, are answered here or elsewhere, and go. */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import { serverNow } from '../api/clock.js';
import { find } from '../api/request.js';
import { announce } from '../parts/announcer.js';
import { outcomeSentence } from '../words/approvals.js';
import { takeIn, withoutOld, type Question } from './questions.js';

interface Questions {
  readonly questions: readonly Question[];
  /** Takes in what an answer of the gateway says of one question. */
  readonly learn: (approval: ApprovalView) => void;
}

/** `listed` are the questions the gateway lists now; `list` is where they are drawn. */
export function useQuestions(
  listed: readonly ApprovalView[],
  list: RefObject<HTMLElement | null>,
): Questions {
  const [questions, setQuestions] = useState<readonly Question[]>([]);
  const latest = useRef(questions);
  latest.current = questions;
  useEffect(() => {
    let isOver = false;
    void findGone(latest.current, listed).then((gone) => {
      if (isOver) return;
      for (const approval of gone.filter(({ status }) => status !== 'pending')) {
        announce(`${approval.title}: ${outcomeSentence(approval, serverNow())}`);
      }
      const nowMs = serverNow();
      const isHeld = (id: string): boolean => isAt(list.current, id);
      setQuestions((shown) =>
        withoutOld(takeIn(shown, [...listed, ...gone], nowMs), nowMs, isHeld),
      );
    });
    return () => {
      isOver = true;
    };
  }, [listed, list]);
  return {
    questions,
    learn: (approval) => setQuestions((shown) => takeIn(shown, [approval], serverNow())),
  };
}

/** What became of questions that are listed no more. */
async function findGone(
  shown: readonly Question[],
  listed: readonly ApprovalView[],
): Promise<readonly ApprovalView[]> {
  const ids = new Set(listed.map(({ id }) => id));
  const gone = shown.filter(
    ({ approval, settledAtMs }) => settledAtMs === null && !ids.has(approval.id),
  );
  const found = await Promise.all(
    gone.map(({ approval }) => find<ApprovalView>(approval.links.self)),
  );
  return found.filter((approval) => approval !== null);
}

/** Nothing moves under a pointer or loses the focus: a click could meet another question. */
function isAt(list: HTMLElement | null, id: string): boolean {
  if (list === null) return false;
  const focused = document.activeElement?.closest('[data-approval]');
  return list.matches(':hover') || focused?.getAttribute('data-approval') === id;
}
