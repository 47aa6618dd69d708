/** The local stack as its gateway sees it: which worker runs, and how to kill it on purpose. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { EffectKey } from '../contracts/ids.js';
import type { KillView, LocalStackView } from '../contracts/local.js';
import { BelayError } from '../runtime/belay-error.js';
import { isLoopback } from './local-caller.js';

export interface LocalStack {
  view(): Promise<LocalStackView>;
  /** Sends SIGKILL to the worker. Throws `worker-not-running`. */
  killWorker(): Promise<KillView>;
  /** Refunds that payments made of the charge of an effect; null where no stand-in answers. */
  refundsOf(key: EffectKey): Promise<number | null>;
}

/** Kills that are remembered. */
const keptKills = 20;
const lookEveryMs = 100;
const replacedWithinMs = 60_000;
const answerWithinMs = 2_000;

const stackFile = z.object({
  paymentsUrl: z.url(),
  pids: z.record(z.string(), z.int().positive()),
});

/** `file` is kept true by the supervisor for as long as the stack runs. */
export function openLocalStack(file: string): LocalStack {
  let kills: KillView[] = [];
  const read = async () => stackFile.parse(JSON.parse(await readFile(file, 'utf8')));
  const readWorkerPid = async (): Promise<number | null> => {
    const stack = await read().catch(() => null);
    return stack?.pids['worker'] ?? null;
  };
  const followReplacement = async (killed: KillView): Promise<void> => {
    const untilMs = performance.now() + replacedWithinMs;
    while (performance.now() < untilMs) {
      await wait(lookEveryMs, undefined, { ref: false });
      const pid = await readWorkerPid();
      if (pid === null || pid === killed.pid) continue;
      const replacement = { pid, at: new Date().toISOString() };
      kills = kills.map((kill) => (kill === killed ? { ...kill, replacement } : kill));
      return;
    }
  };
  return {
    view: async () => {
      const pid = await readWorkerPid();
      // The supervisor may not have noticed yet.
      const isKilled = kills.some((kill) => kill.pid === pid && kill.replacement === null);
      return { workerPid: isKilled ? null : pid, kills };
    },
    killWorker: async () => {
      const pid = await readWorkerPid();
      if (pid === null || !(await isWorker(pid)) || !wasKilled(pid)) {
        throw new BelayError('worker-not-running');
      }
      const killed: KillView = { pid, at: new Date().toISOString(), replacement: null };
      kills = [killed, ...kills].slice(0, keptKills);
      void followReplacement(killed);
      return killed;
    },
    refundsOf: async (key) => {
      const stack = await read().catch(() => null);
      if (stack === null || !isLoopback(new URL(stack.paymentsUrl).hostname)) return null;
      return countRefunds(stack.paymentsUrl, key).catch(() => null);
    },
  };
}

/** A pid may belong to somebody else by now: only a process that runs our worker is ever killed. */
async function isWorker(pid: number): Promise<boolean> {
  const command = await commandOf(pid).catch(() => '');
  return /\bdist\/worker\/main\.js(\s|\0|$)/.test(command);
}

/** It may have ended in this very moment. */
function wasKilled(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8');
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]);
  return stdout;
}

const journal = z.object({
  data: z.array(
    z.object({
      refund: z
        .object({ charge: z.string(), metadata: z.record(z.string(), z.string()) })
        .optional(),
    }),
  ),
});

/** By charge, not by key: a second refund under another key would be counted too. */
async function countRefunds(paymentsUrl: string, key: EffectKey): Promise<number> {
  const signal = AbortSignal.timeout(answerWithinMs);
  const answer = await fetch(new URL('/journal', paymentsUrl), { signal });
  const { data } = journal.parse(await answer.json());
  const refunds = data.flatMap(({ refund }) => (refund === undefined ? [] : [refund]));
  const ours = refunds.filter(({ metadata }) => metadata['effectKey'] === key);
  const charges = new Set(ours.map(({ charge }) => charge));
  return refunds.filter(({ charge }) => charges.has(charge)).length;
}
