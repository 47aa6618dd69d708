/** The rows of `npm run guards` still fit the code. That their tests go red is for that command to say. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { projectRoot } from '../../runtime/project-root.js';
import { guards } from './guards.js';
import { pageFile, promisesPage } from './page.js';
import { notYetOf, promises } from './promises.js';

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');

/** A test file with the tests that it takes from `tests/support/`. */
function readTests(file: string): string {
  const text = read(file);
  const shared = text.matchAll(/'(?:\.\.\/)+support\/([a-z-]+)\.js'/g);
  return [text, ...[...shared].map(([, module]) => readSupport(module))].join('\n');
}

/** A module of `tests/support/` with its direct helpers there. */
function readSupport(module = ''): string {
  const text = read(`tests/support/${module}.ts`);
  const helpers = text.matchAll(/'\.\/([a-z-]+)\.js'/g);
  return [text, ...[...helpers].map(([, helper]) => read(`tests/support/${helper}.ts`))].join('\n');
}

test.each(guards.map((guard) => [guard.guard, guard] as const))(
  '%s: the row fits the code',
  (_sentence, { owner, from, to, test: { file, name } }) => {
    expect(read(owner).split(from)).toHaveLength(2);
    expect(to).not.toBe(from);
    expect(existsSync(path.join(projectRoot, file))).toBe(true);
    expect(readTests(file)).toContain(name);
  },
);

test('no guard is named twice, and none is removed twice for one test', () => {
  const named = guards.map(({ guard }) => guard);
  const removed = guards.map(({ owner, from, to, test: { name } }) => [owner, from, to, name]);
  expect(new Set(named).size).toBe(guards.length);
  expect(new Set(removed.map((row) => JSON.stringify(row))).size).toBe(guards.length);
});

test.each(promises.map((promise) => [promise.id, promise] as const))(
  '%s has a guard, or says that it is still to come',
  (id, promise) => {
    const isGuarded = guards.some((guard) => guard.promise === id);
    const isToCome = notYetOf(promise)?.startsWith('all of it') === true;
    expect(isGuarded).toBe(!isToCome);
  },
);

test(`${pageFile} is what \`npm run guards -- --page\` writes`, () => {
  expect(read(pageFile)).toBe(promisesPage());
});
