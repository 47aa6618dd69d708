/** Starts a run of an agent, and shows the command that would do the same. */
import { useMemo, useState } from 'preact/hooks';
import type { AgentView } from '../../contracts/agent.js';
import { Button } from '../parts/button.js';
import { Field } from '../parts/field.js';
import { ProblemBox } from '../parts/problem-box.js';
import { examplesOf } from './examples.js';
import { StartCommand } from './start-command.js';
import { useAgents } from './use-agents.js';
import { useStart } from './use-start.js';

export function StartForm() {
  const agents = useAgents();
  const [chosen, setChosen] = useState<string | null>(null);
  const agent = agents.find(({ name }) => name === chosen) ?? agents[0];
  if (agent === undefined) return <p class="empty">No agent is known yet.</p>;
  return (
    <div class="card">
      {agents.length > 1 && (
        <label class="field">
          Agent
          <select
            value={agent.name}
            onChange={({ currentTarget }) => setChosen(currentTarget.value)}
          >
            {agents.map(({ name, title }) => (
              <option key={name} value={name}>
                {title} ({name})
              </option>
            ))}
          </select>
        </label>
      )}
      <AgentForm key={agent.name} agent={agent} />
    </div>
  );
}

function AgentForm({ agent: { name, description } }: { readonly agent: AgentView }) {
  const [message, setMessage] = useState('');
  const examples = useMemo(() => examplesOf(name), [name]);
  const { start, isStarting, said, problem } = useStart();
  const body = { agent: name, input: { message: message.trim() || (examples[0]?.message ?? '') } };
  return (
    <>
      <Field
        id="start-message"
        label={`Message to ${name}`}
        help={description}
        placeholder={examples[0]?.message ?? ''}
        value={message}
        onInput={setMessage}
      />
      {examples.length > 0 && (
        <ul class="examples" aria-label="Examples">
          {examples.map((example) => (
            <li key={example.message}>
              <Button kind="quiet" onClick={() => setMessage(example.message)}>
                {example.message}
              </Button>
              <span class="small">{example.shows}</span>
            </li>
          ))}
        </ul>
      )}
      <div class="buttons">
        <Button kind="primary" isBusy={isStarting} onClick={() => void start(body)}>
          Start the run
        </Button>
        <p class="small" role="status">
          {said}
        </p>
      </div>
      <ProblemBox problem={problem} />
      <StartCommand body={body} />
    </>
  );
}
