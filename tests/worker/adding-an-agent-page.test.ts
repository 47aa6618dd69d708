/** What docs/adding-an-agent.md tells people is what the code reads, and says. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { efforts, fallbackReasons, modelProviders } from '../../contracts/model-choice.js';
import { projectRoot } from '../../runtime/project-root.js';
import { readAgentFile } from '../../worker/agent-file.js';
import { AgentFileError } from '../../worker/agent-file-error.js';
import { fieldNames, type AgentFields } from '../../worker/agent-schema.js';
import { loadAgents } from '../../worker/load-agents.js';
import { unconnectedTools as tools } from '../support/unconnected-tools.js';

const page = readFileSync(path.join(projectRoot, 'docs/adding-an-agent.md'), 'utf8');
const blocksOf = (language: string): readonly string[] =>
  [
    ...page.matchAll(
      new RegExp(`\`\`\`${language}\n(?<text>[^\`]*(?:\`\\w+\`[^\`]*)*)\`\`\``, 'g'),
    ),
  ].map(({ groups }) => groups?.['text'] ?? '');
const [agentYaml = '', policyYaml = ''] = blocksOf('yaml');
const [instructions = ''] = blocksOf('markdown');
const [broken = ''] = blocksOf('yml');

const read = (text: string): AgentFields =>
  readAgentFile(text, { file: 'agents/greeter/agent.yaml', folderName: 'greeter', tools });

function problemsOf(text: string): readonly string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof AgentFileError) return error.problems;
    throw error;
  }
  return [];
}

/** The example with another value at a path such as `limits.turns` or `models[].effort`. */
function withField(field: string, value: unknown): string {
  const agent = parse(agentYaml) as Record<string, unknown>;
  const keys = field.replace('[]', '.0').split('.');
  let at: Record<string, unknown> = agent;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[keys.at(-1) ?? ''] = value;
  return stringify(agent);
}

/** The rows of the table of fields. */
const rows = [
  ...page.matchAll(/^\| `(?<field>[a-zA-Z.[\]]+)` +\| (?<value>.*?) *\| (?<words>.*?) *\|$/gm),
].map(({ groups }) => ({
  field: groups?.['field'] ?? '',
  value: groups?.['value'] ?? '',
  words: groups?.['words'] ?? '',
}));

describe('the page about adding an agent', () => {
  test('shows an agent that loads', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'belay-page-'));
    const greeter = path.join(folder, 'greeter');
    mkdirSync(greeter);
    writeFileSync(path.join(greeter, 'agent.yaml'), agentYaml);
    writeFileSync(path.join(greeter, 'policy.yaml'), policyYaml);
    writeFileSync(path.join(greeter, 'instructions.md'), instructions);
    const [version, ...more] = loadAgents(folder, tools);
    rmSync(folder, { recursive: true });
    expect(more).toEqual([]);
    expect(version?.spec).toMatchObject({
      name: 'greeter',
      instructions: expect.stringMatching(/^You greet customers.*an instruction\.$/s),
      policy: [{ id: 'reads-only' }],
    });
  });

  test('names every field of an agent.yaml, and none that there is not', () => {
    const known = [
      ...fieldNames[''],
      ...fieldNames.models.map((name) => `models[].${name}`),
      ...fieldNames.limits.map((name) => `limits.${name}`),
    ];
    expect(rows.map(({ field }) => field).toSorted()).toEqual(known.toSorted());
  });

  test.each(rows.filter(({ value }) => /^\d+$/.test(value)))(
    'names the default of $field: $value',
    ({ field, value }) => {
      const { limits: _, ...without } = parse(agentYaml) as Record<string, unknown>;
      const limits = read(stringify(without)).limits as unknown as Record<string, number>;
      expect(limits[field.replace('limits.', '')]).toBe(Number(value));
    },
  );

  const numbers = rows.filter(({ field }) => /^limits\.|maxOutputTokens/.test(field));
  test.each(numbers)('names the bounds of $field: $words', ({ field, words }) => {
    const [, least, most] = /(\d+) to (\d+)/.exec(words) ?? /at least (\d+)/.exec(words) ?? [];
    expect(problemsOf(withField(field, Number(least)))).toEqual([]);
    expect(problemsOf(withField(field, Number(least) - 1))[0]).toContain(`at least ${least}`);
    if (most === undefined) return;
    expect(problemsOf(withField(field, Number(most)))).toEqual([]);
    expect(problemsOf(withField(field, Number(most) + 1))[0]).toContain(`at most ${most}`);
  });

  const texts = rows.filter(({ words }) => /\d+ to \d+ characters/.test(words));
  test.each(texts)('names how long $field may be: $words', ({ field, words }) => {
    const [, least = '', most = ''] = /(\d+) to (\d+) characters/.exec(words) ?? [];
    for (const length of [Number(least), Number(most)])
      expect(problemsOf(withField(field, 'x'.repeat(length)))).toEqual([]);
    for (const length of [Number(least) - 1, Number(most) + 1])
      expect(problemsOf(withField(field, 'x'.repeat(length)))).toHaveLength(1);
  });

  test.each([
    ['models[].provider', modelProviders],
    ['models[].effort', efforts],
    ['models[].fallbackOn', fallbackReasons],
  ] as const)('names every value of %s', (field, values) => {
    const { words = '' } = rows.find((row) => row.field === field) ?? {};
    expect([...words.matchAll(/`([a-z-]+)`/g)].map(([, value]) => value)).toEqual(values);
  });

  test('shows what is said of a file that does not load, word for word', () => {
    expect(`${problemsOf(broken).join('\n').trimEnd()}\n`).toBe(blocksOf('text')[0]);
  });

  test('explains sentences that are said', () => {
    const said = [
      ...problemsOf(broken),
      ...problemsOf(withField('title', 42)),
      ...problemsOf(withField('title', null)),
      ...problemsOf(withField('name', 'other')),
      ...problemsOf(withField('input', { requird: [] })),
      ...problemsOf(withField('input', { maxLength: 'x' })),
    ].join('\n');
    const [, table = ''] = page.split('| it says');
    const explained = [...table.matchAll(/^\| (`.*?`(?:, `.*?`)*).*?\|/gm)]
      .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)])
      .map(([, sentence]) => sentence)
      // Of a policy: tests/policy/policy-page.test.ts.
      .filter((sentence) => sentence !== 'Unknown variable');
    expect(explained.length).toBeGreaterThan(7);
    for (const sentence of explained) expect(said).toContain(sentence);
  });
});
