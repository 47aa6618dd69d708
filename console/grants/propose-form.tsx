/** Proposes a standing grant, filled in from a question that its rule has just asked. */
import { useState } from 'preact/hooks';
import type { GrantView } from '../../contracts/grant.js';
import { Button } from '../parts/button.js';
import { Field } from '../parts/field.js';
import { ProblemBox } from '../parts/problem-box.js';
import { isUnbounded } from '../words/grants.js';
import type { ProblemFields } from '../words/problems.js';
import { useSending } from '../switches/use-sending.js';
import { TextField } from '../parts/text-field.js';
import { grantsRoute } from './use-grants.js';

interface ProposeFormProps {
  readonly id: string;
  readonly terms: Pick<GrantView, 'agent' | 'tool' | 'rule' | 'when'>;
  readonly onProposed: () => void;
}

const lengths = [
  ['1h', 'an hour'],
  ['8h', 'eight hours'],
  ['24h', 'a day'],
  ['7d', 'a week'],
] as const;

export function ProposeForm({ id, terms, onProposed }: ProposeFormProps) {
  const [when, setWhen] = useState(terms.when);
  const [uses, setUses] = useState('5');
  const [expiresIn, setExpiresIn] = useState<string>('8h');
  const sending = useSending((refused) => {
    if (refused === null) onProposed();
  });
  const { reason, setReason, isReasonMissing, isSending, problem, send } = sending;
  const { agent, tool, rule } = terms;
  const isCount = /^[1-9]\d*$/.test(uses.trim());
  const propose = (): void => {
    if (!isCount) return;
    const body = { agent, tool, rule, when: when.trim(), uses: Number(uses), expiresIn };
    void send(grantsRoute, body);
  };
  return (
    <div class="answer">
      <p>
        {agent} may call <code>{tool}</code> without asking where rule <code>{rule}</code> would
        ask, and this holds:
      </p>
      <TextField
        id={`when-${id}`}
        label="Condition (CEL)"
        help={
          isUnbounded(when)
            ? 'As it stands it covers every call that the rule asks about.'
            : 'What the call must fit. The smaller, the safer; true covers every call of the rule.'
        }
        isCode
        value={when}
        onInput={setWhen}
      />
      <TextField
        id={`uses-${id}`}
        label="How many calls"
        value={uses}
        onInput={setUses}
        invalid={isCount ? null : 'A whole number from 1 on.'}
      />
      <label class="field">
        For how long
        <select
          value={expiresIn}
          onChange={({ currentTarget }) => setExpiresIn(currentTarget.value)}
        >
          {lengths.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <Field
        id={`why-${id}`}
        label="Why?"
        help="Those who vote on it read this, and so do the auditors."
        value={reason}
        onInput={setReason}
        invalid={isReasonMissing ? 'Say why these need no asking.' : null}
      />
      <ProblemBox problem={problem} sentence={sentenceOf(problem)} />
      <div class="buttons">
        <Button kind="primary" isBusy={isSending} onClick={propose}>
          {isSending ? 'Sending…' : 'Propose this grant'}
        </Button>
      </div>
    </div>
  );
}

const sentenceOf = (problem: ProblemFields | null): string | null =>
  problem?.status === 404 ? 'This gateway knows no standing grants.' : (problem?.detail ?? null);
