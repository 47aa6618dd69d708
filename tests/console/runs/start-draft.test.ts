import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readDraft } from '../../../console/forms/form-draft.js';
import { examplesOf, firstAgent } from '../../../console/runs/examples.js';
import { isMessageForm, startDraft, startField } from '../../../console/runs/start-draft.js';
import type { JsonSchema } from '../../../contracts/agent.js';
import { checkArguments } from '../../../policy/arguments.js';
import { projectRoot } from '../../../runtime/project-root.js';

const folder = path.join(projectRoot, 'agents');
const agents = readdirSync(folder);
const inputOf = (agent: string): JsonSchema =>
  (parse(readFileSync(path.join(folder, agent, 'agent.yaml'), 'utf8')) as { input: JsonSchema })
    .input;

describe('the form that starts a run', () => {
  test('is one message for whom is told nothing else, and fields for everybody else', () => {
    expect(isMessageForm(inputOf('refund-desk'))).toBe(true);
    expect(isMessageForm(inputOf('analyst'))).toBe(false);
    expect(isMessageForm({})).toBe(false);
    expect(agents).toContain(firstAgent);
  });

  test('shows the fields of the analyst, of which one may be left out', () => {
    const field = startField(inputOf('analyst'));
    expect(field).toMatchObject({
      kind: 'group',
      fields: [
        { name: 'question', kind: 'text', isLong: true, isRequired: true },
        { name: 'pages', kind: 'list', item: { kind: 'text' }, isRequired: false },
      ],
    });
  });

  test.each(agents)('has examples of %s that can be started as they are', (agent) => {
    const examples = examplesOf(agent);
    expect(examples.length).toBeGreaterThan(0);
    const field = startField(inputOf(agent));
    for (const { input } of examples) {
      const { value, problems } = readDraft(field, startDraft(field, input));
      expect(problems).toEqual([]);
      expect(value).toEqual(input);
      expect(checkArguments(inputOf(agent), value)).toEqual([]);
    }
  });

  test('is JSON where no form can show an input, and blank without an example', () => {
    const field = startField({ anyOf: [{ type: 'string' }] });
    expect(field).toMatchObject({ kind: 'json', label: 'Input' });
    expect(startDraft(field, undefined)).toEqual({ kind: 'json', text: '' });
  });
});
