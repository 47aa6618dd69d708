/** `npm run guards`: removes each guard in a copy of the tree and demands that its test goes red. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { exitOnSignals } from '../../dev/command.mjs';
import { elapsed } from '../../dev/step.mjs';
import { projectRoot } from '../../runtime/project-root.js';
import setUp from '../support/global-setup.js';
import tearDown from '../support/global-teardown.js';
import { copyTree, type TreeCopy } from './copy.js';
import { needsServers, type Guard } from './guard.js';
import { guards } from './guards.js';
import { pageFile, promisesPage } from './page.js';
import { runTests, type TestRun } from './run-tests.js';
import { findFault, verdictOf, type Verdict } from './verdict.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** A promise (`P3`), or words of a guard, an owner or a test. Without any: every row. */
function choose(words: readonly string[]): readonly Guard[] {
  if (words.length === 0) return guards;
  return guards.filter(({ promise, guard, owner, test }) =>
    words.some((word) =>
      /^P\d+$/.test(word) ? word === promise : `${guard} ${owner} ${test.file}`.includes(word),
    ),
  );
}

async function main(words: readonly string[]): Promise<number> {
  if (words.includes('--page')) {
    writeFileSync(path.join(projectRoot, pageFile), promisesPage());
    return 0;
  }
  const chosen = choose(words);
  if (chosen.length === 0) {
    say(`No guard is called ${words.join(' or ')}: the rows are in tests/guards/rows/.`);
    return 1;
  }
  const startedAt = performance.now();
  const copy = copyTree();
  const isServed = chosen.some(({ test }) => needsServers(test.file));
  // Told to every run of jest by the environment.
  if (isServed) await setUp();
  try {
    const notRed = await judgeAll(copy, chosen);
    say(`${chosen.length - notRed} red, ${notRed} not red (${elapsed(startedAt)})`);
    return notRed === 0 ? 0 : 1;
  } finally {
    if (isServed) await tearDown();
  }
}

async function judgeAll(copy: TreeCopy, chosen: readonly Guard[]): Promise<number> {
  const witnesses = createWitnesses(copy, chosen);
  let notRed = 0;
  for (const guard of chosen) {
    const fault = await witnesses.findFault(guard);
    const startedAt = performance.now();
    const verdict: Verdict =
      fault === null ? await judge(copy, guard) : { kind: 'not-red', why: fault };
    if (verdict.kind === 'not-red') notRed += 1;
    const mark = verdict.kind === 'red' ? 'red    ' : 'NOT RED';
    say(`${mark} ${elapsed(startedAt).padStart(6)}  ${guard.promise.padEnd(3)}  ${guard.guard}`);
    if (verdict.kind === 'not-red') say(`${guard.owner} · ${guard.test.name}: ${verdict.why}\n`);
  }
  return notRed;
}

/** The tests with every guard in place, each file run once. */
function createWitnesses(copy: TreeCopy, chosen: readonly Guard[]) {
  const runs = new Map<string, TestRun>();
  const runOf = async (file: string): Promise<TestRun> => {
    const known = runs.get(file);
    if (known !== undefined) return known;
    const startedAt = performance.now();
    const own = chosen.filter(({ test }) => test.file === file);
    const names = [...new Set(own.map(({ test }) => test.name))];
    const broken = await copy.buildFor(file);
    const run: TestRun =
      broken === null
        ? await runTests(copy.root, file, names)
        : { kind: 'broken', why: `the copy does not compile\n${broken}` };
    runs.set(file, run);
    say(`        ${elapsed(startedAt).padStart(6)}       ${file} with every guard in place`);
    return run;
  };
  return {
    findFault: async ({ test }: Guard) => findFault(await runOf(test.file), test.name),
  };
}

async function judge(copy: TreeCopy, guard: Guard): Promise<Verdict> {
  const { test } = guard;
  const putBack = copy.remove(guard);
  try {
    const broken = await copy.buildFor(test.file);
    if (broken !== null) return { kind: 'not-red', why: `it does not compile\n${broken}` };
    return verdictOf(await runTests(copy.root, test.file, [test.name]), test.name);
  } finally {
    putBack();
  }
}

exitOnSignals();
main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  },
);
