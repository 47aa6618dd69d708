/** Runs tests of one file in a copy of the tree and reads what became of them. */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { lastLines, runCommand } from '../../dev/command.mjs';
import { needsServers } from './guard.js';

/** One run of jest, its start included. */
const runTimeoutMs = 150_000;

export interface TestResult {
  readonly fullName: string;
  readonly isPassed: boolean;
  /** The error that failed it; empty when it passed. */
  readonly failure: string;
}

export type TestRun =
  | { readonly kind: 'ran'; readonly results: readonly TestResult[] }
  /** The file did not load, or the run was not done in time. */
  | { readonly kind: 'broken'; readonly why: string };

interface Report {
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs the tests whose names contain one of `names`. */
export async function runTests(
  root: string,
  file: string,
  names: readonly string[],
): Promise<TestRun> {
  const report = path.join(root, 'report.json');
  rmSync(report, { force: true });
  const pattern = names.map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  const project = needsServers(file) ? 'integration' : 'unit';
  const which = ['--selectProjects', project, '--runTestsByPath', file, '-t', pattern];
  // A guard that is gone may leave connections open: they must not keep jest from ending.
  const how = ['--runInBand', '--forceExit', '--json', `--outputFile=${report}`];
  const { end, output } = await runCommand({
    command: process.execPath,
    args: [path.join('node_modules', 'jest', 'bin', 'jest.js'), ...which, ...how],
    cwd: root,
    timeoutMs: runTimeoutMs,
  });
  if (end === 'timed-out') return { kind: 'broken', why: `not done in ${runTimeoutMs / 1_000} s` };
  return (
    readReport(report) ?? { kind: 'broken', why: `jest wrote no report\n${lastLines(output)}` }
  );
}

function readReport(file: string): TestRun | null {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return null;
  }
  if (report.numRuntimeErrorTestSuites > 0) {
    const why = report.testResults.map(({ message }) => lastLines(message)).join('\n');
    return { kind: 'broken', why: `the file does not load\n${why}` };
  }
  const all = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const run = all.filter(({ status }) => status === 'passed' || status === 'failed');
  return {
    kind: 'ran',
    results: run.map(({ fullName, status, failureMessages }) => ({
      fullName,
      isPassed: status === 'passed',
      failure: failureMessages.join('\n'),
    })),
  };
}
