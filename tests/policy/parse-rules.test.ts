import { describe, expect, test } from '@jest/globals';
import { PolicyFileError, parseRules } from '../../policy/parse-rules.js';

const parse = (text: string) => parseRules(text, 'policy.yaml');
const one = (lines: string) => `
- id: only
  when: "true"
  decision: ask
  reason: because
${lines}`;

function problemsOf(text: string): readonly string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof PolicyFileError) return error.problems;
    throw error;
  }
  return [];
}

describe('a policy file', () => {
  test('fills in what a rule leaves open', () => {
    expect(parse(one(''))).toEqual([
      {
        id: 'only',
        when: 'true',
        decision: 'ask',
        reason: 'because',
        approvers: [],
        quorum: 1,
        requesterMayDecide: false,
        editorMayDecide: true,
        allowedDecisions: ['approve', 'edit', 'reject', 'respond'],
        expiresInMs: 86_400_000,
        executeWithinMs: null,
        onExpiry: 'reject',
        escalation: [],
        undoWindowMs: 0,
        evenWhenTainted: false,
      },
    ]);
  });

  test.each([
    ['30s', 30_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
  ])('reads the duration %s', (text, milliseconds) => {
    const fields = ['expiresIn', 'executeWithin', 'undoWindow'].map((each) => `  ${each}: ${text}`);
    expect(parse(one(fields.join('\n')))[0]).toMatchObject({
      expiresInMs: milliseconds,
      executeWithinMs: milliseconds,
      undoWindowMs: milliseconds,
    });
  });

  test.each(['0s', '24', '1w', '-1h', '400d', '1.5h'])('refuses the duration %s', (text) => {
    expect(problemsOf(one(`  expiresIn: ${text}`))[0]).toContain(
      'policy.yaml:6: rule only: expiresIn:',
    );
  });

  test('reads who is asked next, one person if it says nothing else', () => {
    const steps = `
  onExpiry: escalate
  expiresIn: 2h
  escalation:
    - { after: 1h, approvers: [head-of-finance] }
    - { after: 3h, approvers: [], quorum: 2 }`;
    expect(parse(one(steps))[0]).toMatchObject({
      onExpiry: 'escalate',
      escalation: [
        { afterMs: 3_600_000, approvers: ['head-of-finance'], quorum: 1 },
        { afterMs: 10_800_000, approvers: [], quorum: 2 },
      ],
    });
  });

  const step = (after: string) => `{ after: ${after}, approvers: [head] }`;
  test.each([
    [
      'steps that do not come one after the other',
      `escalation: [${step('2h')}, ${step('1h')}]`,
      'escalation: each step must come later than the one before',
    ],
    [
      'two steps at one time',
      `escalation: [${step('1h')}, ${step('60m')}]`,
      'escalation: each step must come later than the one before',
    ],
    [
      'an escalation to nobody',
      'onExpiry: escalate',
      'escalation: must say who is asked next, as onExpiry is escalate',
    ],
    [
      'a first step after the question has expired',
      `{ onExpiry: escalate, expiresIn: 1h, escalation: [${step('61m')}] }`,
      'escalation: the first step must not come later than expiresIn',
    ],
    [
      'a last step that nobody could answer',
      `{ expiresIn: 1h, escalation: [${step('1h')}] }`,
      'escalation: each step must come before expiresIn, as onExpiry is reject',
    ],
    [
      'a step without a time',
      'escalation: [{ approvers: [head] }]',
      'escalation.0.after: Invalid input',
    ],
    [
      'a step that has no people to name',
      'escalation: [{ after: 1h }]',
      'escalation.0.approvers: Invalid input',
    ],
    [
      'more than eight steps',
      `escalation: [${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((hour) => step(`${hour}h`)).join(', ')}]`,
      'escalation: Too big',
    ],
    [
      'a question to which nobody can say no',
      'allowedDecisions: [approve]',
      'allowedDecisions: must hold reject: people can always say no',
    ],
    ['an answer that does not exist', 'allowedDecisions: [reject, wait]', 'allowedDecisions.1:'],
    ['a quorum of nobody', 'quorum: 0', 'quorum: Too small'],
    ['a quorum of more people than can be named', 'quorum: 17', 'quorum: Too big'],
    ['people who are no label', 'approvers: [Finance]', 'approvers.0: must be a lower-case label'],
  ])('refuses %s', (_, fields, why) => {
    const rule = { id: 'only', when: 'true', decision: 'ask', reason: 'because' };
    const flow = fields.startsWith('{') ? fields.slice(1, -1) : fields;
    const [problem, ...more] = problemsOf(`- { ${JSON.stringify(rule).slice(1, -1)}, ${flow} }`);
    expect(problem).toContain(`policy.yaml:1: rule only: ${why}`);
    expect(more).toEqual([]);
  });

  test.each(['default-effect', 'default-anything', 'schema', 'done-before', 'same-call-again'])(
    'refuses the name %s, which the product uses itself',
    (id) => {
      expect(problemsOf(one('').replace('id: only', `id: ${id}`))).toEqual([
        `policy.yaml:2: rule ${id}: id: is a name that the product uses itself`,
      ]);
    },
  );

  test('refuses more rules than a policy has room for, and names without end', () => {
    const many = (count: number) =>
      JSON.stringify(
        Array.from({ length: count }, (_, at) => ({
          id: `rule-${at}`,
          when: 'false',
          decision: 'ask',
          reason: 'because',
        })),
      );
    expect(parse(many(500))).toHaveLength(500);
    expect(problemsOf(many(501))).toEqual(['policy.yaml: has more than 500 rules']);
    const doubled = Array.from({ length: 30 }, (_, at) => `- &a${at + 1} [*a${at}, *a${at}]`);
    expect(problemsOf(`- &a0 x\n${doubled.join('\n')}`)[0]).toMatch(/^policy\.yaml:1: .*alias/);
  });

  test('shows with a caret where a condition is wrong', () => {
    const [problem] = problemsOf(one('').replace('"true"', 'tol.name == "x"'));
    expect(problem).toContain('policy.yaml:3: rule only: when: Unknown variable: tol');
    expect(problem).toContain('^');
  });

  test.each([
    ['tool.nam == "x"', 'No such key: nam'],
    ['run.turn + 1', 'must be true or false'],
    ['args.text.matches("^(a+)+$")', 'matches() is not offered here'],
    ['args.list.exists(x, x.matches("a"))', 'matches() is not offered here'],
  ])('refuses the condition %s', (when, why) => {
    expect(problemsOf(one('').replace('"true"', `'${when}'`))[0]).toContain(why);
  });

  test('names every problem at once: file, line, rule and field', () => {
    const problems = problemsOf(`
- { id: a, when: "true", decision: maybe, reason: because }
- { id: b, when: "true", decision: ask, reason: because, onExpiry: escalate }
- { when: "true", decision: ask, reason: because, aprovers: [finance] }
- { id: c, when: "true", decision: ask, reason: one }
- { id: c, when: "true", decision: ask, reason: two }
`);
    expect(problems.map((problem) => problem.split(':').slice(0, 4).join(':'))).toEqual([
      'policy.yaml:2: rule a: decision',
      'policy.yaml:3: rule b: escalation',
      'policy.yaml:4: rule 3: id',
      'policy.yaml:4: rule 3: Unrecognized key',
      'policy.yaml:6: rule c: id',
    ]);
  });

  test('refuses a file that is no list, and one that is no YAML', () => {
    expect(problemsOf('rules: []')).toEqual(['policy.yaml: must be a list of rules']);
    expect(problemsOf('- {')[0]).toMatch(/^policy\.yaml:1: Flow map/);
  });
});
