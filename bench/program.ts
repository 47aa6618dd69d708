/** A process of the bench that can be killed and started again. */
import path from 'node:path';
import { hold, type Held } from '../dev/hold.js';
import { projectRoot } from '../runtime/project-root.js';

export interface ProgramOptions {
  /** Below `dist`, with its arguments. */
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

export interface Program {
  readonly pid: number;
  start(): Promise<void>;
  /** Sends the signal and resolves when the process has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const graceMs = 10_000;

/** Describes a process of Node's; nothing runs before `start`. */
export function createProgram({ script, args, env, logFile }: ProgramOptions): Program {
  let held: Held | null = null;
  return {
    get pid() {
      return held?.pid ?? 0;
    },
    start: async () => {
      held = await hold({
        command: process.execPath,
        args: [path.join(projectRoot, 'dist', script), ...args],
        cwd: projectRoot,
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...env },
        logFile,
      });
    },
    end: async (signal) => {
      await held?.stop(signal, graceMs);
      held = null;
    },
  };
}
