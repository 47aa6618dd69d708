/** One person's answer to a question: what is typed, sent, refused, and where the focus goes. */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import { serverNow } from '../api/clock.js';
import { act, find, problemOf } from '../api/request.js';
import { refusalSentence, type ProblemFields } from '../words/problems.js';

/** The answers that this page offers. */
export type Answer = 'approve' | 'reject';

/** An answer that was not taken. */
export interface Refused {
  readonly problem: ProblemFields;
  readonly sentence: string;
  /** What had been typed: it was not used, and must not be lost. */
  readonly message: string;
}

export interface Decision {
  readonly message: string;
  readonly setMessage: (message: string) => void;
  readonly isReasonMissing: boolean;
  readonly sending: Answer | null;
  readonly refused: Refused | null;
  readonly decide: (answer: Answer) => Promise<void>;
  /** Where the focus goes when the form has gone. */
  readonly outcome: RefObject<HTMLParagraphElement | null>;
}

/** The digest that is sent is that of the arguments which were on the page at the click. */
export function useDecision(
  approval: ApprovalView,
  onLearned: (approval: ApprovalView) => void,
): Decision {
  const [message, setMessage] = useState('');
  const [isReasonMissing, setReasonMissing] = useState(false);
  const [sending, setSending] = useState<Answer | null>(null);
  const [refused, setRefused] = useState<Refused | null>(null);
  const outcome = useRef<HTMLParagraphElement>(null);
  const isAnswered = useRef(false);
  useEffect(() => {
    if (approval.status !== 'pending' && isAnswered.current) outcome.current?.focus();
  }, [approval.status]);

  const decide = async (answer: Answer): Promise<void> => {
    const said = message.trim();
    const isMissing = answer === 'reject' && said === '';
    setReasonMissing(isMissing);
    if (isMissing || sending !== null) return;
    const sentAtMs = serverNow();
    const { self, decisions } = approval.links;
    setRefused(null);
    setSending(answer);
    isAnswered.current = true;
    try {
      const { argsDigest } = approval;
      const body = { decision: answer, argsDigest, ...(said === '' ? {} : { message: said }) };
      onLearned(await act<ApprovalView>(decisions, body));
    } catch (error) {
      const problem = problemOf(error);
      const sentence = refusalSentence(problem, sentAtMs, serverNow());
      setRefused({ problem, sentence, message: said });
      onLearned((await find<ApprovalView>(self)) ?? approval);
    }
    setSending(null);
  };
  return {
    message,
    setMessage: (text) => {
      setMessage(text);
      setReasonMissing(false);
    },
    isReasonMissing,
    sending,
    refused,
    decide,
    outcome,
  };
}
