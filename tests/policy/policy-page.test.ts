/** What docs/policy.md shows people is what the code reads. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PolicyFileError, parseRules } from '../../policy/parse-rules.js';
import { projectRoot } from '../../runtime/project-root.js';

const page = readFileSync(path.join(projectRoot, 'docs/policy.md'), 'utf8');
const blocksOf = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(?<text>[^\`]*)\`\`\``, 'g'))].map(
    ({ groups }) => groups?.['text'] ?? '',
  );

function problemsOf(text: string): readonly string[] {
  try {
    parseRules(text, 'policy.yaml');
  } catch (error) {
    if (error instanceof PolicyFileError) return error.problems;
    throw error;
  }
  return [];
}

describe('the page about policies', () => {
  const examples = blocksOf('yaml');

  test.each(examples.map((text) => [/id: (\S+)/.exec(text)?.[1], text]))(
    'shows an example that loads: %s',
    (_, text) => {
      expect(problemsOf(text ?? '')).toEqual([]);
    },
  );

  test('has its examples in a form that this test finds', () => {
    expect(examples).toHaveLength(page.split('```yaml').length - 1);
    expect(examples.length).toBeGreaterThan(4);
  });

  const rows = [...page.matchAll(/^\| `(?<field>[a-zA-Z]+)` +\| (?<value>\S.*?)? *\|/gm)].map(
    ({ groups }) => ({ field: groups?.['field'] ?? '', value: groups?.['value']?.slice(1, -1) }),
  );
  const fields = rows.filter(({ field }) => field !== 'args');
  const bare = 'id: only, when: "true", decision: ask, reason: because';

  test('names every field of a rule, and none that there is not', () => {
    const [rule] = parseRules(`- { ${bare} }`, 'policy.yaml');
    const known = Object.keys(rule ?? {}).map((key) => key.replace(/Ms$/, ''));
    expect(fields.map(({ field }) => field).toSorted()).toEqual(known.toSorted());
  });

  test.each(fields.filter(({ value }) => value !== undefined))(
    'names the default of $field: $value',
    ({ field, value }) => {
      const withDefault = parseRules(`- { ${bare}, ${field}: ${value} }`, 'policy.yaml');
      expect(withDefault).toEqual(parseRules(`- { ${bare} }`, 'policy.yaml'));
    },
  );

  test('shows what is said of a file that does not load, word for word', () => {
    const [broken = ''] = blocksOf('yml');
    expect(`${problemsOf(broken).join('\n').trimEnd()}\n`).toBe(blocksOf('text')[0]);
  });
});
