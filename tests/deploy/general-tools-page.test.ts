/** What docs/general-tools.md tells people to write is what the code reads. */
import { expect, test } from '@jest/globals';
import { parseRules } from '../../policy/parse-rules.js';
import { readConfig } from '../../runtime/config.js';
import { readProjectFile } from './compose-file.js';

const page = readProjectFile('docs/general-tools.md');
const blockOf = (language: string): string =>
  new RegExp(`\`\`\`${language}\n(?<text>[^\`]*)\`\`\``).exec(page)?.groups?.['text'] ?? '';

test('its rule is one that an agent’s policy may have', () => {
  expect(parseRules(blockOf('yaml'), 'policy.yaml')).toMatchObject([{ decision: 'ask' }]);
});

test('its origins are ones that the configuration takes', () => {
  const [name = '', ...rest] = blockOf('sh').trim().split('=');
  const config = readConfig({ DATABASE_URL: 'postgres://a@b/c', [name]: rest.join('=') });
  expect(config.HTTP_REQUEST_ORIGINS.map(({ origin }) => origin)).toEqual([
    'https://api.example.com',
    'http://crm.internal:8080',
  ]);
});
