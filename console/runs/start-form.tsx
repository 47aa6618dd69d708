/** Starts a run of an agent, with the form that its input asks for. */
import { useMemo, useState } from 'preact/hooks';
import type { AgentView } from '../../contracts/agent.js';
import { readDraft } from '../forms/form-draft.js';
import { SchemaField } from '../forms/schema-field.js';
import { Button } from '../parts/button.js';
import { Field } from '../parts/field.js';
import { messageOf } from '../words/amounts.js';
import { examplesOf, firstAgent, type Example } from './examples.js';
import { isMessageForm, startDraft, startField } from './start-draft.js';
import { StartButton } from './start-button.js';
import { useAgents } from './use-agents.js';

export function StartForm() {
  const agents = useAgents();
  const [chosen, setChosen] = useState<string | null>(null);
  const named = (wanted: string | null) => agents.find(({ name }) => name === wanted);
  const agent = named(chosen) ?? named(firstAgent) ?? agents[0];
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
      {isMessageForm(agent.inputSchema) ? (
        <MessageForm key={agent.name} agent={agent} />
      ) : (
        <FieldsForm key={agent.name} agent={agent} />
      )}
    </div>
  );
}

interface AgentFormProps {
  readonly agent: AgentView;
}

/** For an agent that is told a message and nothing else. */
function MessageForm({ agent: { name, description } }: AgentFormProps) {
  const [message, setMessage] = useState('');
  const examples = useMemo(() => examplesOf(name), [name]);
  const first = messageOf(examples[0]?.input);
  return (
    <>
      <Field
        id="start-message"
        label={`Message to ${name}`}
        help={description}
        placeholder={first}
        value={message}
        onInput={setMessage}
      />
      <Examples examples={examples} onChoose={({ input }) => setMessage(messageOf(input))} />
      <StartButton body={{ agent: name, input: { message: message.trim() || first } }} />
    </>
  );
}

/** For any other: its fields, filled in as the first example has them. */
function FieldsForm({ agent: { name, description, inputSchema } }: AgentFormProps) {
  const examples = useMemo(() => examplesOf(name), [name]);
  const field = useMemo(() => startField(inputSchema), [inputSchema]);
  const [draft, setDraft] = useState(() => startDraft(field, examples[0]?.input));
  const { value, problems } = readDraft(field, draft);
  return (
    <>
      <p>{description}</p>
      <SchemaField
        id="start"
        path=""
        field={field}
        draft={draft}
        problems={problems}
        onChange={setDraft}
      />
      <Examples examples={examples} onChoose={({ input }) => setDraft(startDraft(field, input))} />
      <StartButton body={problems.length > 0 ? null : { agent: name, input: value }} />
    </>
  );
}

interface ExamplesProps {
  readonly examples: readonly Example[];
  readonly onChoose: (example: Example) => void;
}

const Examples = ({ examples, onChoose }: ExamplesProps) =>
  examples.length === 0 ? null : (
    <ul class="examples" aria-label="Examples">
      {examples.map((example) => (
        <li key={messageOf(example.input)}>
          <Button kind="quiet" onClick={() => onChoose(example)}>
            {messageOf(example.input)}
          </Button>
          <span class="small">{example.shows}</span>
        </li>
      ))}
    </ul>
  );
