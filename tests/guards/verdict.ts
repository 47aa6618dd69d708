/** What a run of tests says of a guard. */
import type { TestRun } from './run-tests.js';

export type Verdict =
  | { readonly kind: 'red' }
  /** Why the row proves nothing. */
  | { readonly kind: 'not-red'; readonly why: string };

/** Errors of a test that stumbled, or that nobody bounded: they say nothing about a promise. */
const stumbles: readonly (readonly [RegExp, string])[] = [
  [/Exceeded timeout of/, 'jest gave up waiting: the test needs a bound of its own'],
  [/^(ReferenceError|SyntaxError|TypeError)\b/, 'the test stumbles before it asserts anything'],
];

/** Says whether the test that is named for a guard went red without it, by saying something. */
export function verdictOf(run: TestRun, name: string): Verdict {
  const failed = failedOf(run, name);
  if (typeof failed === 'string') return notRed(failed);
  const [failure] = failed;
  if (failure === undefined) return notRed('the test stays green without the guard');
  const stumble = stumbles.find(([pattern]) => pattern.test(failure));
  return stumble === undefined ? { kind: 'red' } : notRed(`${stumble[1]}\n${headOf(failure)}`);
}

/** Says what keeps a test from being a witness while the guard is in place; null for a good one. */
export function findFault(run: TestRun, name: string): string | null {
  const failed = failedOf(run, name);
  if (typeof failed === 'string') return failed;
  const [failure] = failed;
  return failure === undefined ? null : `the test is red with the guard\n${headOf(failure)}`;
}

function failedOf(run: TestRun, name: string): readonly string[] | string {
  if (run.kind === 'broken') return run.why;
  const named = run.results.filter(({ fullName }) => fullName.includes(name));
  if (named.length === 0) return 'there is no such test';
  return named.flatMap(({ isPassed, failure }) => (isPassed ? [] : [failure]));
}

const notRed = (why: string): Verdict => ({ kind: 'not-red', why });
const headOf = (failure: string): string => failure.split('\n').slice(0, 12).join('\n');
