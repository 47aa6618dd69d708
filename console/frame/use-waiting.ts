/** What waits for people anywhere: in the bar, in the title of the tab, and said when it is new. */
import { useEffect, useRef } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import type { RunView } from '../../contracts/run.js';
import { get } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';
import { announce } from '../parts/announcer.js';
import { plural } from '../words/amounts.js';
import { waitsForEffect } from '../words/waits.js';

export interface Waiting {
  /** Null until they are known. */
  readonly pending: readonly ApprovalView[] | null;
  /** Runs that want a person's word on what nobody knows. */
  readonly parked: readonly RunView[];
  readonly refresh: () => void;
}

/** How many of each are asked for: the most that the gateway gives at once. */
export const mostListed = 200;

async function load() {
  const [pending, waiting] = await Promise.all([
    get<{ data: readonly ApprovalView[] }>(`/v1/approvals?status=pending&limit=${mostListed}`),
    get<{ data: readonly RunView[] }>(`/v1/runs?status=waiting&limit=${mostListed}`),
  ]);
  return { pending: pending.data, parked: waiting.data.filter(waitsForEffect) };
}

export function useWaiting(): Waiting {
  const { data, refresh } = usePolled('waiting', load);
  useNews(data?.pending ?? null);
  return { pending: data?.pending ?? null, parked: data?.parked ?? none, refresh };
}

const none: readonly RunView[] = [];

/** Says which questions are new, to those who listen. */
function useNews(pending: readonly ApprovalView[] | null): void {
  const seen = useRef<ReadonlySet<string> | null>(null);
  useEffect(() => {
    if (pending === null) return;
    const before = seen.current;
    seen.current = new Set(pending.map(({ id }) => id));
    const fresh = pending.filter(({ id }) => before?.has(id) !== true);
    const [only] = fresh;
    if (only === undefined) return;
    const what = fresh.length === 1 ? `: ${only.title}` : '';
    announce(`${plural(fresh.length, 'decision')} ${before === null ? '' : 'newly '}wanted${what}`);
  }, [pending]);
}
