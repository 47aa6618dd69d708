/** The console as it is served: to anyone, cached as long as it is true, under a strict policy. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openGateway, type TestGateway } from './gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway({ isLocalAllowed: false });
});
afterAll(() => gateway.close());

const get = async (route: string) => {
  const answer = await fetch(`${gateway.url}${route}`);
  return { answer, text: await answer.text() };
};

test.each(['/', '/runs', '/runs/run_x', '/approvals/apr_x'])(
  'the page at %s is asked for anew each time and carries nothing of its own',
  async (route) => {
    const { answer, text } = await get(route);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache']);
    expect(text).not.toMatch(/%[A-Z]+%|<style|style=|<script[^>]*>[^<]|\son\w+=/);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none';script-src 'self';style-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe');
  },
);

test('what the page loads is named by its content, and kept for a year', async () => {
  const { text } = await get('/');
  const loaded = [...text.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, file]) => file);
  expect(loaded).toHaveLength(3);
  for (const file of loaded) {
    const { answer } = await get(file ?? '');
    const isLasting = /-[0-9A-Z]{8}\.(js|css)$/.test(file ?? '');
    const expected = isLasting ? 'public, max-age=31536000, immutable' : 'no-cache';
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, expected]);
  }
  expect(loaded.filter((file) => /\.(js|css)$/.test(file ?? ''))).toHaveLength(2);
});
