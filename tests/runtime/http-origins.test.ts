import { describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../../runtime/config.js';

const read = (origins: unknown) =>
  readConfig({
    DATABASE_URL: 'postgres://localhost/belay',
    HTTP_REQUEST_ORIGINS: typeof origins === 'string' ? origins : JSON.stringify(origins),
  }).HTTP_REQUEST_ORIGINS;

function problemOf(origins: unknown): string {
  try {
    read(origins);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  return '';
}

describe('the origins of http_request', () => {
  test('are none, and the rest of the internet is closed, unless something is said', () => {
    const config = readConfig({ DATABASE_URL: 'postgres://localhost/belay' });
    expect(config).toMatchObject({ HTTP_REQUEST_ORIGINS: [], HTTP_REQUEST_PUBLIC: false });
  });

  test('are read with what is said of each', () => {
    expect(
      read([
        { origin: 'https://api.example.com' },
        {
          origin: 'http://crm.internal:8080',
          allowPrivate: true,
          keyHeader: 'idempotency-key',
          keyRetentionHours: 24,
          authorization: 'Bearer 0123456789',
        },
      ]),
    ).toEqual([
      {
        origin: 'https://api.example.com',
        allowPrivate: false,
        keyHeader: null,
        authorization: null,
      },
      {
        origin: 'http://crm.internal:8080',
        allowPrivate: true,
        keyHeader: 'idempotency-key',
        authorization: 'Bearer 0123456789',
      },
    ]);
  });

  test.each([
    ['https://api.example.com/'],
    ['https://api.example.com/path'],
    ['HTTPS://api.example.com'],
    ['https://api.example.com:443'],
    ['https://user@api.example.com'],
    ['ftp://api.example.com'],
    ['http://0x7f.1'],
    ['api.example.com'],
    [''],
  ])('are spelled one way: not %j', (origin) => {
    expect(problemOf([{ origin }])).toContain('HTTP_REQUEST_ORIGINS.0.origin: must be scheme');
  });

  test('are named once each', () => {
    const origin = 'https://a.test';
    expect(problemOf([{ origin }, { origin }])).toContain('names an origin twice');
  });

  test('say how long they remember a key, and not less than a day', () => {
    const origin = 'https://a.test';
    const keyHeader = 'idempotency-key';
    expect(problemOf([{ origin, keyHeader }])).toContain('and keyRetentionHours go together');
    expect(problemOf([{ origin, keyRetentionHours: 24 }])).toContain('go together');
    expect(problemOf([{ origin, keyHeader, keyRetentionHours: 23 }])).toContain('at least 24');
  });

  test('that cannot be read are told by their place, never by their value', () => {
    const authorization = 'the-secret';
    for (const wrong of [
      `[{"authorization":"Bearer the-secret"`,
      [{ origin: 'https://a.test', authorization }],
      [{ origin: 'https://a.test', authorization: 'Bearer the-secret\r\nx' }],
      [{ origin: 'the-secret' }],
      [{ origin: 'https://a.test', keyHeader: 'the-secret!', keyRetentionHours: 24 }],
    ]) {
      const problem = problemOf(wrong);
      expect(problem).toContain('HTTP_REQUEST_ORIGINS');
      expect(problem).not.toContain('the-secret');
    }
  });
});
