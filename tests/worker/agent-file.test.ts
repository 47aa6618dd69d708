import { describe, expect, test } from '@jest/globals';
import { readAgentFile } from '../../worker/agent-file.js';
import { AgentFileError } from '../../worker/agent-file-error.js';
import { createLookupOrder } from '../../activities/tools/lookup-order.js';

const tools = [createLookupOrder({ shop: { findOrder: async () => null } })];
const lines = [
  'name: reader',
  'title: Reader',
  'description: Reads orders.',
  'models:',
  '  - { provider: anthropic, model: claude-haiku-5-5 }',
  'tools: [lookup_order]',
  'limits:',
  '  turns: 10',
  'input:',
  '  type: object',
  '  properties:',
  '    message: { type: string }',
];

const read = (text: string) =>
  readAgentFile(text, { file: 'agent.yaml', folderName: 'reader', tools });

function problemsOf(text: string): readonly string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof AgentFileError) return error.problems;
    throw error;
  }
  return [];
}

/** The file with one line replaced, by its number. */
const withLine = (number: number, line: string): string => lines.with(number - 1, line).join('\n');

describe('an agent.yaml', () => {
  test('that is right is read with the defaults of what it leaves out', () => {
    expect(read(lines.join('\n'))).toMatchObject({
      name: 'reader',
      limits: { turns: 10, callsPerTurn: 32, parallelCalls: 8, outputTokensPerTurn: 8_192 },
    });
    expect(read(withLine(5, '  - claude-haiku-5-5')).models).toEqual(['claude-haiku-5-5']);
  });

  test.each<[what: string, line: number, text: string, said: string]>([
    [
      'an unknown field',
      2,
      'titel: Reader',
      '2:1: titel: "titel" is no field: is title meant? There are name, title, description, models, tools, limits, input',
    ],
    [
      'an unknown field of a limit',
      8,
      '  turn: 10',
      '8:3: limits.turn: "turn" is no field: is turns meant? There are turns, callsPerTurn, parallelCalls, outputTokensPerTurn, contextTokens',
    ],
    [
      'an unknown field of a model',
      5,
      '  - { provider: anthropic, model: claude-haiku-5-5, temperature: 1 }',
      '5:53: models.0.temperature: "temperature" is no field; there are provider, model, effort, maxOutputTokens, fallbackOn',
    ],
    [
      'a number where text belongs',
      2,
      'title: 42',
      '2:8: title: must be text; it is 42: put it in quotes',
    ],
    [
      'text where a list belongs',
      6,
      'tools: lookup_order',
      '6:8: tools: must be a list; it is "lookup_order"',
    ],
    [
      'a list where text belongs',
      3,
      'description: [Reads]',
      '3:14: description: must be text; it is ["Reads"]',
    ],
    [
      'text where a number belongs',
      8,
      '  turns: many',
      '8:10: limits.turns: must be a whole number; it is "many"',
    ],
    ['half a turn', 8, '  turns: 1.5', '8:10: limits.turns: must be a whole number; it is 1.5'],
    [
      'a limit above the largest',
      8,
      '  turns: 1001',
      '8:10: limits.turns: must be at most 1000; it is 1001',
    ],
    ['a limit of nothing', 8, '  turns: 0', '8:10: limits.turns: must be at least 1; it is 0'],
    [
      'less context than a turn needs',
      8,
      '  contextTokens: 1999',
      '8:18: limits.contextTokens: must be at least 2000; it is 1999',
    ],
    [
      'a title that is too long',
      2,
      `title: ${'x'.repeat(81)}`,
      '2:8: title: must have at most 80 characters; it has 81',
    ],
    ['a field that is empty', 3, 'description:', '3:13: description: is empty'],
    ['a field that is missing', 3, '# nothing', '1:1: description: is missing'],
    ['no model', 5, '  []', '5:3: models.0: is missing'],
    [
      'an unknown provider',
      5,
      '  - { provider: antropic, model: claude-haiku-5-5 }',
      '5:17: models.0.provider: "antropic" is not known: is anthropic meant? There are anthropic, openai-compatible',
    ],
    [
      'a model that is no id',
      5,
      '  - { provider: anthropic, model: claude haiku }',
      '5:35: models.0.model: must be the id of a model, without blanks; it is "claude haiku"',
    ],
    ['a model without one', 5, '  - { provider: anthropic }', '5:5: models.0.model: is missing'],
    [
      'a model that is a number',
      5,
      '  - 5',
      '5:5: models.0: must be the id of a model, or fields (provider, model, effort, maxOutputTokens, fallbackOn)',
    ],
    [
      'an unknown effort',
      5,
      '  - { provider: anthropic, model: m, effort: hi }',
      '5:46: models.0.effort: "hi" is not known: is high meant? There are low, medium, high, xhigh, max',
    ],
    [
      'an unknown tool',
      6,
      'tools: [lookup_order, look_up]',
      '6:23: tools.1: "look_up" is no tool; there are lookup_order',
    ],
    [
      'a tool that is named twice',
      6,
      'tools: [lookup_order, lookup_order]',
      '6:23: tools.1: lookup_order is named twice',
    ],
    [
      'another name than that of its folder',
      1,
      'name: writer',
      '1:7: name: writer is not the name of its folder, reader: they must be the same, so no two agents have one name',
    ],
    [
      'a name in capitals',
      1,
      'name: Reader',
      '1:7: name: must be lower-case letters, digits and hyphens, 64 at most, with a letter first; it is "Reader"',
    ],
    [
      'an input of no known type',
      10,
      '  type: objekt',
      '10:9: input.type: must be equal to one of the allowed values',
    ],
    [
      'a bound of an input that is no number',
      12,
      '    message: { type: string, maxLength: long }',
      '12:41: input.properties.message.maxLength: must be integer: it must be JSON Schema, draft 2020-12',
    ],
    [
      'a keyword that JSON Schema does not have',
      10,
      '  requird: [message]',
      '10:3: input: strict mode: unknown keyword: "requird"',
    ],
    [
      'what JSON cannot say',
      10,
      '  maximum: .inf',
      '10:3: input: holds a value that JSON cannot say',
    ],
    ['a field that is there twice', 2, 'name: reader', '2:1: Map keys must be unique'],
    [
      'a line that is no YAML',
      2,
      'title: Reader: of orders',
      '2:8: Nested mappings are not allowed',
    ],
    ['a tag that nobody knows', 2, 'title: !secret x', '2:8: Unresolved tag: !secret'],
    ['a second document', 9, '---\ninput:', '9:1: a second document begins here: one is all'],
  ])('names the line, column and field of %s', (_what, number, text, said) => {
    const found = problemsOf(withLine(number, text));
    const [line] = said.split(':');
    const own = found.filter((problem) => problem.startsWith(`agent.yaml:${said}`));
    expect({ said: found, own: own.length }).toMatchObject({ own: 1 });
    // And shows the line, with a caret under the place.
    expect(own[0]).toContain(`\n\n>${String(line).padStart(5)} | `);
    expect(own[0]).toMatch(/\n +\^\n$/);
  });

  test('with words where fields belong is refused', () => {
    const [problem, ...more] = problemsOf([...lines.slice(0, 8), 'input: object'].join('\n'));
    expect(problem).toContain('agent.yaml:9:8: input: must be fields; it is "object"');
    expect(more).toEqual([]);
  });

  test('puts the caret under what is wrong', () => {
    expect(problemsOf(withLine(8, '  turns: 1001'))).toEqual([
      [
        'agent.yaml:8:10: limits.turns: must be at most 1000; it is 1001',
        '',
        '>    8 |   turns: 1001',
        '                  ^',
        '',
      ].join('\n'),
    ]);
  });

  test('tells everything that is wrong with it at once, from top to bottom', () => {
    const broken = withLine(1, 'name: writer')
      .replace('title: Reader', 'titel: Reader')
      .replace('turns: 10', 'turns: many')
      .replace('[lookup_order]', '[lookup_ordr]')
      .replace('{ type: string }', '{ type: strin }');
    expect(problemsOf(broken).map((problem) => problem.split(':').slice(1, 4).join(':'))).toEqual([
      '1:1: title',
      '1:7: name',
      '2:1: titel',
      '6:9: tools.0',
      '8:10: limits.turns',
      '12:22: input.properties.message.type',
    ]);
  });

  test.each(['', '[]', 'reader', '# only words'])('refuses %j, which has no fields', (text) => {
    expect(problemsOf(text)[0]).toMatch(/^agent\.yaml:1:1: /);
  });

  test('refuses names that stand for each other without end', () => {
    const doubled = Array.from(
      { length: 30 },
      (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`,
    );
    expect(problemsOf(`a0: &a0 x\n${doubled.join('\n')}`)[0]).toMatch(/^agent\.yaml:1:1: .*alias/);
  });
});
