/** One person's answer to a question: what is typed, sent, refused, and where the focus goes. */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApprovalView, DecisionKind } from '../../contracts/approval.js';
import { serverNow } from '../api/clock.js';
import { act, find, problemOf } from '../api/request.js';
import { announce } from '../parts/announcer.js';
import { refusalSentence, type ProblemFields } from '../words/problems.js';
import { countedSentence } from '../words/votes.js';
import { useMessage, type Message } from './use-message.js';
import type { Seen } from './use-seen.js';

/** An answer that was not taken. */
export interface Refused {
  readonly problem: ProblemFields;
  readonly sentence: string;
  /** What had been typed: it was not used, and must not be lost. */
  readonly message: string;
}

export interface Decision {
  readonly message: Message;
  readonly sending: DecisionKind | null;
  readonly refused: Refused | null;
  /** Sends an answer; with `args` where it is an edit. Says whether it was taken. */
  readonly decide: (decision: DecisionKind, args?: unknown) => Promise<boolean>;
  /** Where the focus goes when the form, or its button, has gone. */
  readonly outcome: RefObject<HTMLParagraphElement | null>;
}

interface Deciding {
  readonly approval: ApprovalView;
  readonly seen: Seen;
  /** The reader's yes to exactly this has been counted. */
  readonly hasVoted: boolean;
  readonly onLearned: (approval: ApprovalView) => void;
}

/** The digest that is sent is that of the arguments which the reader has seen. */
export function useDecision({ approval, seen, hasVoted, onLearned }: Deciding): Decision {
  const message = useMessage();
  const [sending, setSending] = useState<DecisionKind | null>(null);
  const [refused, setRefused] = useState<Refused | null>(null);
  const outcome = useRef<HTMLParagraphElement>(null);
  const isAnswered = useRef(false);
  useEffect(() => {
    const isTaken = approval.status !== 'pending' || hasVoted;
    if (isTaken && isAnswered.current) outcome.current?.focus();
  }, [approval.status, hasVoted]);

  const take = (now: ApprovalView): void => {
    seen.accept(now);
    message.setText('');
    if (now.status === 'pending') announce(countedSentence(now));
    onLearned(now);
  };
  const decide = async (decision: DecisionKind, args?: unknown): Promise<boolean> => {
    if (seen.isOther || sending !== null || message.findLacking(decision)) return false;
    const said = message.text.trim();
    const sentAtMs = serverNow();
    const { self, decisions } = approval.links;
    setRefused(null);
    setSending(decision);
    isAnswered.current = true;
    const body = {
      decision,
      argsDigest: seen.argsDigest,
      ...(decision === 'edit' ? { args } : {}),
      ...(said === '' ? {} : { message: said }),
    };
    const problem = await act<ApprovalView>(decisions, body).then((now) => {
      take(now);
      return null;
    }, problemOf);
    if (problem !== null) {
      const sentence = refusalSentence(problem, sentAtMs, serverNow());
      setRefused({ problem, sentence, message: said });
      onLearned((await find<ApprovalView>(self)) ?? approval);
    }
    setSending(null);
    return problem === null;
  };
  return { message, sending, refused, decide, outcome };
}
