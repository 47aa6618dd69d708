/** Starts a program so that it cannot outlive us: a wrapper ends it when its pipe to us closes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { signalPid } from './processes.cjs';

export interface HoldOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the program: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Where its output is appended. */
  readonly logFile: string;
  /** What the wrapper sends when we are gone; after 5 s it kills. */
  readonly orphanSignal?: 'TERM' | 'INT' | 'QUIT' | 'KILL';
  /** As whom it runs, when we are root. */
  readonly as?: { readonly uid: number; readonly gid: number };
}

export interface Exit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Held {
  /** The program's own pid, not the wrapper's. */
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Sends a signal to the program. Does nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** Sends the signal, and SIGKILL when the program is still there after `graceMs`. */
  stop(signal: NodeJS.Signals, graceMs: number): Promise<Exit>;
}

/**
 * The wrapper. Descriptor 3 is the pipe that closes with us, on 4 it tells the program's pid; the
 * program gets neither. A program killed by signal n makes it exit with 128 + n.
 */
const wrapper = `
signal=$1; shift
"$@" 3<&- 4>&- </dev/null & program=$!
echo "$program" >&4; exec 4>&-
(
  trap '' INT TERM HUP
  read -r _ <&3
  kill -s "$signal" "$program" 2>/dev/null
  left=50
  while [ "$left" -gt 0 ] && kill -0 "$program" 2>/dev/null; do sleep 0.1; left=$((left - 1)); done
  kill -s KILL "$program" 2>/dev/null
) >/dev/null 2>&1 & watcher=$!
exec 3<&-
wait "$program"; code=$?
kill -s KILL "$watcher" 2>/dev/null
exit "$code"
`;

/** Starts the program and resolves when it has a pid. Rejects when it cannot be started. */
export async function hold(options: HoldOptions): Promise<Held> {
  const child = start(options);
  const ended = exitOf(child);
  const pid = await reportedPid(child);
  const exited = ended.then((exit) => {
    // The wrapper itself was killed: nobody would know of the program any more.
    if (child.signalCode !== null) signalPid(pid, 'SIGKILL');
    return exit;
  });
  const kill = (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) signalPid(pid, signal);
  };
  const stop = async (signal: NodeJS.Signals, graceMs: number): Promise<Exit> => {
    kill(signal);
    const timer = setTimeout(() => kill('SIGKILL'), graceMs);
    try {
      return await exited;
    } finally {
      clearTimeout(timer);
    }
  };
  return { pid, exited, kill, stop };
}

function start({ command, args, cwd, env, logFile, orphanSignal, as }: HoldOptions): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    const wrapped = [orphanSignal ?? 'TERM', command, ...args];
    const child = spawn('/bin/sh', ['-c', wrapper, 'hold', ...wrapped], {
      cwd,
      env: { ...env },
      // A session of its own: Ctrl-C in the terminal is for the supervisor, which stops in order.
      detached: true,
      stdio: ['ignore', log, log, 'pipe', 'pipe'],
      ...as,
    });
    // Holding must not keep us running; the pipe that tells the pid closes by itself.
    child.unref();
    const lifeline = child.stdio[3] as Socket;
    lifeline.unref();
    // A reset is its other end being killed: the exit that follows tells it.
    lifeline.on('error', () => undefined);
    child.once('exit', () => lifeline.destroy());
    return child;
  } finally {
    closeSync(log);
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: 127, signal: null }));
    child.once('exit', (code, signal) => resolve(readExit(code, signal)));
  });
}

/** Gives a wrapper's exit as the program's. */
export function readExit(code: number | null, signal: NodeJS.Signals | null): Exit {
  if (code === null || code <= 128) return { code, signal };
  return { code: null, signal: signalNames.get(code - 128) ?? `signal ${code - 128}` };
}

const signalNames: ReadonlyMap<number, string> = new Map([
  [1, 'SIGHUP'],
  [2, 'SIGINT'],
  [3, 'SIGQUIT'],
  [6, 'SIGABRT'],
  [9, 'SIGKILL'],
  [11, 'SIGSEGV'],
  [15, 'SIGTERM'],
]);

function reportedPid(child: ChildProcess): Promise<number> {
  const pipe = child.stdio[4] as Readable;
  return new Promise((resolve, reject) => {
    let text = '';
    pipe.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    // A reset comes with the end of the wrapper: what was said until then counts.
    pipe.on('error', () => undefined);
    pipe.once('close', () => {
      const pid = Number(text);
      if (Number.isInteger(pid) && pid > 0) resolve(pid);
      else reject(new Error('The program could not be started.'));
    });
    child.once('error', reject);
  });
}
