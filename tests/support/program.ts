/** A program started by a test. Its output goes to a file: a pipe may end in a reset, output lost. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { projectRoot } from '../../runtime/project-root.js';

export interface Program {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly running: boolean;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Everything in its log file so far, which may be older than this start. */
  output(): string;
}

/** Starts Node with these arguments at the project's root; nothing of our environment but PATH is inherited. */
export function startProgram(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  logFile: string,
): Program {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...args], {
    cwd: projectRoot,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'exit').then(([code]: unknown[]) => code as number | null);
  return {
    child,
    get pid() {
      return child.pid ?? 0;
    },
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    ended,
    output: () => readFileSync(logFile, 'utf8'),
  };
}
