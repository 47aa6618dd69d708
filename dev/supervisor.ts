/** Holds the parts of the stack: starts them again when they die, and knows all their pids. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Exit } from './hold.js';
import { recordChildren } from './instance.cjs';
import { keepRunning, type Death, type Kept, type Running } from './keep-running.js';
import { markOf, signalPid, type ProcessMark } from './processes.cjs';
import type { StackFile } from './stack-file.js';

export interface Supervisor {
  /** Writes down what could not be written before. */
  look(): void;
  /** Starts a part and keeps it running. Rejects when its first start fails. */
  keep(name: string, start: () => Promise<Running>): Promise<Running>;
  /** Runs a program to its end. Throws when it fails. */
  runOnce(name: string, start: () => Promise<Running>): Promise<void>;
  /** Ends these parts at once, for good. */
  stop(...names: readonly string[]): Promise<void>;
  /** Ends everything without asking. */
  kill(): void;
}

export interface SupervisorOptions {
  readonly dataDir: string;
  readonly stackFile: StackFile;
  readonly log: (line: string) => void;
}

/** After this many deaths in a row only every thirtieth is told with all there is to say. */
const toldDeaths = 3;
const thenEvery = 30;
const shownLines = 6;
/** Lines of a step that failed. */
const stepLines = 400;

export function createSupervisor({ dataDir, stackFile, log }: SupervisorOptions): Supervisor {
  const parts = new Map<string, Promise<Kept>>();
  const roster = createRoster(dataDir, stackFile);
  let isStopping = false;

  const onDied = (name: string, death: Death) => {
    if (isStopping) return;
    roster.note(name, null);
    const isToldInFull = death.deaths <= toldDeaths || death.deaths % thenEvery === 0;
    // Every start is told, so every end is; of starts that fail one after another some are enough.
    if (!isToldInFull && death.exit === null) return;
    log(describeDeath(name, death, isToldInFull ? lastLines(dataDir, name) : ''));
  };
  const onStarted = (name: string, pid: number, starts: number) => {
    roster.note(name, pid);
    if (starts > 1) log(`▸ ${name} runs again with pid ${pid}${killHint(name, pid)}`);
  };

  return {
    look: roster.look,
    keep: async (name, start) => {
      if (isStopping) throw new Error('The stack is stopping.');
      let first: Running | undefined;
      const kept = keepRunning({
        name,
        start: async () => (first = await start()),
        onStarted: (running, starts) => onStarted(name, running.pid, starts),
        onDied: (death) => onDied(name, death),
      });
      parts.set(name, kept);
      await kept;
      if (!first) throw new Error(`${name} was not started.`);
      return first;
    },
    runOnce: async (name, start) => {
      const before = sizeOf(logFileOf(dataDir, name));
      const running = await start();
      roster.note(name, running.pid);
      const exit = await running.exited;
      roster.note(name, null);
      if (exit.code === 0) return;
      // What it says is for the person who can mend it: all of it, and nothing of an earlier start.
      const said = lastLines(dataDir, name, { from: before, lines: stepLines });
      throw new Error(`${name} ${describeExit(exit)}.\n${said}`);
    },
    stop: async (...names) => {
      isStopping = true;
      await Promise.all(
        names.map(async (name) => {
          const kept = await parts.get(name)?.catch(() => undefined);
          await kept?.stop();
          if (kept) roster.note(name, null);
        }),
      );
    },
    kill: () => {
      for (const { pid } of roster.marks()) signalPid(pid, 'SIGKILL');
    },
  };
}

/** What runs now, written down for the next start and for scripts. */
function createRoster(dataDir: string, stackFile: StackFile) {
  const children = new Map<string, ProcessMark>();
  let isWritten = true;
  const write = () => {
    try {
      recordChildren(dataDir, Object.fromEntries(children));
      stackFile.setPids(Object.fromEntries([...children].map(([name, { pid }]) => [name, pid])));
      isWritten = true;
    } catch {
      // A full disk must not end what runs: it is tried again at the next look.
      isWritten = false;
    }
  };
  return {
    marks: () => children.values(),
    note: (name: string, pid: number | null) => {
      if (pid === null) children.delete(name);
      else children.set(name, markOf(pid));
      write();
    },
    look: () => {
      if (!isWritten) write();
    },
  };
}

/** Says how a part died and what comes next. */
function describeDeath(name: string, death: Death, lines: string): string {
  const { exit, error, deaths, pauseMs } = death;
  const how =
    exit === null
      ? `could not be started: ${firstLine(error instanceof Error ? error.message : String(error))}`
      : describeExit(exit);
  const next = pauseMs === 0 ? 'starting it again' : `next start in ${pauseMs} ms`;
  const often = deaths > 1 ? ` (${deaths} times in a row)` : '';
  // A signal came from outside: its log says nothing about it.
  const shown = exit?.signal || lines === '' ? '' : `\n${lines}`;
  return `! ${name} ${how}${often}; ${next}${shown}`;
}

/** The worker's line is for trying it out: the promise is that nothing is lost. */
const killHint = (name: string, pid: number): string =>
  name === 'worker' ? `   (again: kill -9 ${pid})` : '';

/** The rest of a failed start's message is its log, which is shown anyway. */
const firstLine = (text: string): string => text.split('\n')[0] ?? text;

function describeExit({ code, signal }: Exit): string {
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}

/** Where a part writes. */
export const logFileOf = (dataDir: string, name: string): string =>
  path.join(dataDir, 'logs', `${name}.log`);

function lastLines(
  dataDir: string,
  name: string,
  { from = 0, lines = shownLines }: { readonly from?: number; readonly lines?: number } = {},
): string {
  try {
    const text = readFileSync(logFileOf(dataDir, name)).subarray(from).toString('utf8').trimEnd();
    const last = text.split('\n').slice(-lines);
    return last.map((line) => `    ${line.slice(0, 200)}`.trimEnd()).join('\n');
  } catch {
    return '';
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
