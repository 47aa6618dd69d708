/** What a person is told of the runs that are open, when the stack stops and when it is back. */
import { personWaits, type Wait } from '../contracts/run.js';
import { readOpenRuns, type OpenRun, type OpenRuns } from '../store/open-summary.js';

const namedRuns = 5;
const readWithinMs = 1_000;

/** Reads what is open; null when Postgres does not tell within a second: nobody waits for this. */
export async function lookAtOpenRuns(url: string, before?: Date): Promise<OpenRuns | null> {
  const read = readOpenRuns({ url, limit: namedRuns, ...(before ? { before } : {}) });
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), readWithinMs);
  });
  try {
    return await Promise.race([read.catch(() => null), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Said before everything ends: what is safe, and where. Null when nothing is open. */
export function farewell({ total, forPeople }: OpenRuns, place: string): string | null {
  if (total === 0) return null;
  const runs = total === 1 ? '1 run is' : `${total} runs are`;
  const them = total === 1 ? 'it' : `${forPeople} of them`;
  const waits = forPeople === 0 ? '' : `; ${them} ${forPeople === 1 ? 'waits' : 'wait'} for you`;
  const go = total === 1 ? 'It goes' : 'They go';
  return `  ${runs} safe in ${place}${waits}. ${go} on at the next npm start.`;
}

/** Said once all is ready: what was open before this start, with a link each. Null for nothing. */
export function welcomeBack(open: OpenRuns, gatewayUrl: string): string | null {
  const { total, forPeople, first } = open;
  if (total === 0) return null;
  const told = first.map((run) => ({
    state: `${run.agent} ${stateInWords(run)}`,
    url: `${gatewayUrl}/runs/${encodeURIComponent(run.id)}`,
  }));
  const width = Math.max(...told.map(({ state }) => state.length));
  const lines = told.map(({ state, url }) => `  ${state.padEnd(width)}  ${url}`);
  const more = total > first.length ? [`  and ${total - first.length} more: ${gatewayUrl}`] : [];
  const runs = total === 1 ? '1 run is open' : `${total} runs are open`;
  const them = total === 1 ? '' : `${forPeople} `;
  const waits = `${them}${forPeople === 1 ? 'waits' : 'wait'} for you`;
  const then = forPeople > 0 ? waits : total === 1 ? 'goes on' : 'they go on';
  return [`Welcome back: ${runs} and ${then}.`, ...lines, ...more, ''].join('\n');
}

/** What a run does or waits for; of several waits the one that a person can end. */
export function stateInWords({ status, waitingFor }: Pick<OpenRun, 'status' | 'waitingFor'>) {
  if (status === 'paused') return 'is paused';
  const wait = waitingFor.find(({ kind }) => personWaits.includes(kind)) ?? waitingFor[0];
  return wait ? waitInWords(wait) : `is ${status}`;
}

function waitInWords({ kind, who: asked, then }: Wait): string {
  // A role stands for anyone who has it; labels and names stand for themselves.
  const who = /^(approver|operator)$/.test(asked) ? `an ${asked}` : asked;
  switch (kind) {
    case 'approval':
      return `asks ${who} to decide`;
    case 'message':
      return `asks ${who} for an answer`;
    case 'budget':
      return `asks ${who} for more budget`;
    case 'effect':
      return `asks ${who}: ${then.split(';')[0] ?? then}`;
    case 'retry':
    case 'rate-limit':
    case 'dependency':
      return `waits for ${who}`;
  }
}
