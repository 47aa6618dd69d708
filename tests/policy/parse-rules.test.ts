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
        allowedDecisions: ['approve', 'reject'],
        expiresInMs: 86_400_000,
        executeWithinMs: null,
        onExpiry: 'reject',
      },
    ]);
  });

  test.each([
    ['30s', 30_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
  ])('reads the duration %s', (text, milliseconds) => {
    expect(parse(one(`  expiresIn: ${text}\n  executeWithin: ${text}`))[0]).toMatchObject({
      expiresInMs: milliseconds,
      executeWithinMs: milliseconds,
    });
  });

  test.each(['0s', '24', '1w', '-1h', '400d', '1.5h'])('refuses the duration %s', (text) => {
    expect(problemsOf(one(`  expiresIn: ${text}`))[0]).toContain('rule only: expiresIn:');
  });

  test('shows with a caret where a condition is wrong', () => {
    const [problem] = problemsOf(one('').replace('"true"', 'tol.name == "x"'));
    expect(problem).toContain('policy.yaml: rule only: when: Unknown variable: tol');
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

  test('names every problem at once: file, rule and field', () => {
    const problems = problemsOf(`
- { id: a, when: "true", decision: maybe, reason: because }
- { id: b, when: "true", decision: ask, reason: because, onExpiry: escalate }
- { when: "true", decision: ask, reason: because, aprovers: [finance] }
- { id: c, when: "true", decision: ask, reason: one }
- { id: c, when: "true", decision: ask, reason: two }
`);
    expect(problems.map((problem) => problem.split(':').slice(0, 3).join(':'))).toEqual([
      'policy.yaml: rule a: decision',
      'policy.yaml: rule b: escalation',
      'policy.yaml: rule 3: id',
      'policy.yaml: rule 3: Unrecognized key',
      'policy.yaml: rule c: id',
    ]);
  });

  test('refuses a file that is no list, and one that is no YAML', () => {
    expect(problemsOf('rules: []')).toEqual(['policy.yaml: must be a list of rules']);
    expect(problemsOf('- {')[0]).toMatch(/^policy\.yaml: /);
  });
});
