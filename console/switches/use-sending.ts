/** Sending one thing with a reason: what is typed, what is missing, and why it was refused. */
import { useState } from 'preact/hooks';
import { act, problemOf } from '../api/request.js';
import type { ProblemFields } from '../words/problems.js';

export interface Sending {
  readonly reason: string;
  readonly setReason: (reason: string) => void;
  readonly isReasonMissing: boolean;
  readonly isSending: boolean;
  readonly problem: ProblemFields | null;
  readonly send: (path: string, body: object) => Promise<void>;
}

/** `onSent` hears of every answer, with the problem of a refusal: what is on the page may be old. */
export function useSending(onSent: (problem: ProblemFields | null) => void): Sending {
  const [reason, setReason] = useState('');
  const [isReasonMissing, setReasonMissing] = useState(false);
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<ProblemFields | null>(null);
  const send = async (path: string, body: object): Promise<void> => {
    const said = reason.trim();
    setReasonMissing(said === '');
    if (said === '' || isSending) return;
    setSending(true);
    const refused = await act(path, { ...body, reason: said }).then(() => null, problemOf);
    setSending(false);
    setProblem(refused);
    if (refused === null) setReason('');
    onSent(refused);
  };
  return {
    reason,
    setReason: (text) => {
      setReason(text);
      setReasonMissing(false);
    },
    isReasonMissing,
    isSending,
    problem,
    send,
  };
}
