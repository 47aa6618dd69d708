/** Sets a kill switch: what it is to hold, and why. */
import { useState } from 'preact/hooks';
import { switchScopes, type SwitchScope } from '../../contracts/kill-switch.js';
import { Button } from '../parts/button.js';
import { Field } from '../parts/field.js';
import { ProblemBox } from '../parts/problem-box.js';
import { useAgents } from '../runs/use-agents.js';
import { useSending } from './use-sending.js';

const scopeWords = {
  all: 'All effects of every agent',
  agent: 'All effects of one agent',
  tool: 'All calls of one tool',
} as const satisfies Record<SwitchScope, string>;

export function SetForm({ onSet }: { readonly onSet: () => void }) {
  const [scope, setScope] = useState<SwitchScope>('all');
  const [chosen, setChosen] = useState<string | null>(null);
  const names = useNames()[scope];
  const { reason, setReason, isReasonMissing, isSending, problem, send } = useSending(onSet);
  const name = chosen !== null && names.includes(chosen) ? chosen : names[0];
  const body = { scope, ...(scope === 'all' ? {} : { name: name ?? '' }) };
  return (
    <div class="card">
      <div class="answer">
        <fieldset>
          <legend>What is to be held?</legend>
          {switchScopes.map((each) => (
            <label class="choice" key={each}>
              <input
                type="radio"
                name="scope"
                checked={scope === each}
                onChange={() => setScope(each)}
              />
              {scopeWords[each]}
            </label>
          ))}
        </fieldset>
        {scope !== 'all' && (
          <label class="field">
            Which {scope}?
            <select value={name} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
              {names.map((each) => (
                <option key={each} value={each}>
                  {each}
                </option>
              ))}
            </select>
          </label>
        )}
        <Field
          id="switch-reason"
          label="Why?"
          help="Everybody who waits for a held run reads this."
          value={reason}
          onInput={setReason}
          invalid={isReasonMissing ? 'Say why: people will ask.' : null}
        />
        <ProblemBox problem={problem} sentence={problem?.detail ?? null} />
        <div class="buttons">
          <Button
            kind="danger"
            isBusy={isSending}
            onClick={() => void send('/v1/kill-switches', body)}
          >
            {isSending ? 'Sending…' : 'Hold them now'}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** The agents, and the tools of their current versions. */
function useNames(): Readonly<Record<SwitchScope, readonly string[]>> {
  const agents = useAgents();
  const tools = agents.flatMap((agent) => agent.tools.map(({ name }) => name));
  return {
    all: [],
    agent: agents.map(({ name }) => name),
    tool: [...new Set(tools)].toSorted(),
  };
}
