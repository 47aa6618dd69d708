/** What a row of `npm run guards` says: a promise, what holds it, and the test that misses it. */
import type { PromiseId } from './promises.js';

export interface Guard {
  readonly promise: PromiseId;
  /** What is held, in one sentence that a user understands. */
  readonly guard: string;
  /** The file that holds it. */
  readonly owner: string;
  /** Text that stands exactly once in the owner. */
  readonly from: string;
  /** The same text with the guard removed. */
  readonly to: string;
  /** The test that goes red: its file, and words of its name as they stand there. */
  readonly test: { readonly file: string; readonly name: string };
}

/** Says whether a test needs the servers. */
export const needsServers = (file: string): boolean => file.endsWith('.integration.test.ts');

/** Says whether a test needs what the build makes: programs of `dist/`, or the workflow bundle. */
export const needsBuild = (testText: string): boolean =>
  /'\.\.\/support\/(stack|program)\.js'|workflow-bundle/.test(testText);
