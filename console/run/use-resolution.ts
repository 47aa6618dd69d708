/** A person's word on a parked effect: what is filled in, what is missing, and sending it. */
import { useState } from 'preact/hooks';
import type { Resolution } from '../../contracts/effect.js';
import { act, problemOf } from '../api/request.js';
import type { ProblemFields } from '../words/problems.js';

export interface ResolutionFields {
  readonly outcome: Resolution | null;
  readonly externalRef: string;
  readonly message: string;
}

export interface ResolutionState {
  readonly fields: ResolutionFields;
  readonly change: (change: Partial<ResolutionFields>) => void;
  /** The field that must still be filled in. */
  readonly missing: 'outcome' | 'message' | null;
  readonly isSending: boolean;
  readonly problem: ProblemFields | null;
  readonly send: () => Promise<void>;
}

export function useResolution(effectKey: string, onResolved: () => void): ResolutionState {
  const [fields, setFields] = useState<ResolutionFields>({
    outcome: null,
    externalRef: '',
    message: '',
  });
  const [missing, setMissing] = useState<ResolutionState['missing']>(null);
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<ProblemFields | null>(null);
  const send = async (): Promise<void> => {
    const lacking = missingIn(fields);
    setMissing(lacking);
    if (lacking !== null || isSending) return;
    setSending(true);
    setProblem(null);
    try {
      await act(`/v1/effects/${encodeURIComponent(effectKey)}/resolutions`, bodyOf(fields));
    } catch (error) {
      setProblem(problemOf(error));
    }
    setSending(false);
    onResolved();
  };
  const change = (changed: Partial<ResolutionFields>): void => {
    setFields((before) => ({ ...before, ...changed }));
    setMissing(null);
  };
  return { fields, change, missing, isSending, problem, send };
}

function missingIn({ outcome, message }: ResolutionFields): ResolutionState['missing'] {
  if (outcome === null) return 'outcome';
  return message.trim() === '' ? 'message' : null;
}

function bodyOf({ outcome, externalRef, message }: ResolutionFields): object {
  const reference = externalRef.trim();
  return {
    outcome,
    ...(reference === '' ? {} : { externalRef: reference }),
    message: message.trim(),
  };
}
