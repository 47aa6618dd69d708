/** A person's word on a parked effect: what is typed, sent, refused, and where the focus goes. */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EffectDetail } from '../../contracts/effect-detail.js';
import type { Resolution } from '../../contracts/effect.js';
import { act, find, problemOf } from '../api/request.js';
import type { Refused } from '../approvals/use-decision.js';
import { unansweredSentence } from '../words/effects.js';

interface ResolutionFields {
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
  readonly refused: Refused | null;
  readonly send: () => Promise<void>;
  /** Where the focus goes when the form has gone. */
  readonly outcome: RefObject<HTMLParagraphElement | null>;
}

const blank: ResolutionFields = { outcome: null, externalRef: '', message: '' };

export function useResolution(
  effect: EffectDetail,
  onLearned: (effect: EffectDetail) => void,
): ResolutionState {
  const [fields, setFields] = useState(blank);
  const [missing, setMissing] = useState<ResolutionState['missing']>(null);
  const [isSending, setSending] = useState(false);
  const [refused, setRefused] = useState<Refused | null>(null);
  const outcome = useRef<HTMLParagraphElement>(null);
  const isAnswered = useRef(false);
  useEffect(() => {
    if (effect.state !== 'parked' && isAnswered.current) outcome.current?.focus();
  }, [effect.state]);

  const send = async (): Promise<void> => {
    const lacking = missingIn(fields);
    setMissing(lacking);
    if (lacking !== null || isSending) return;
    const { self, resolutions } = effect.links;
    setSending(true);
    setRefused(null);
    isAnswered.current = true;
    try {
      onLearned(await act<EffectDetail>(resolutions, bodyOf(fields)));
    } catch (error) {
      const problem = problemOf(error);
      const message = fields.message.trim();
      setRefused({ problem, sentence: unansweredSentence(problem), message });
      onLearned((await find<EffectDetail>(self)) ?? effect);
    }
    setSending(false);
  };
  const change = (changed: Partial<ResolutionFields>): void => {
    setFields((before) => ({ ...before, ...changed }));
    setMissing(null);
  };
  return { fields, change, missing, isSending, refused, send, outcome };
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
