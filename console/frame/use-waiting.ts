/** What waits for people anywhere: in the bar, in the title of the tab, and said when it is new. */
import { useEffect, useRef } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import type { EffectDetail } from '../../contracts/effect-detail.js';
import type { GrantView } from '../../contracts/grant.js';
import type { KillSwitchView } from '../../contracts/kill-switch.js';
import { get, problemOf } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';
import { announce } from '../parts/announcer.js';
import { plural } from '../words/amounts.js';

export interface WaitingThings {
  readonly pending: readonly ApprovalView[];
  /** Effects that want a person's word on what nobody knows. */
  readonly parked: readonly EffectDetail[];
  /** The kill switches that are on. */
  readonly switches: readonly KillSwitchView[];
  /** Standing grants that wait for votes; none where the gateway knows no such thing. */
  readonly proposed: readonly GrantView[];
}

export interface Waiting {
  /** Null until it is known. */
  readonly things: WaitingThings | null;
  readonly refresh: () => void;
}

/** How many of each are asked for: the most that the gateway gives at once. */
export const mostListed = 200;

interface Page<Row> {
  readonly data: readonly Row[];
}

async function load(): Promise<WaitingThings> {
  const [pending, parked, switches, proposed] = await Promise.all([
    get<Page<ApprovalView>>(`/v1/approvals?status=pending&limit=${mostListed}`),
    get<Page<EffectDetail>>(`/v1/effects?state=parked&limit=${mostListed}`),
    get<Page<KillSwitchView>>(`/v1/kill-switches?state=on&limit=${mostListed}`),
    loadProposed(),
  ]);
  return { pending: pending.data, parked: parked.data, switches: switches.data, proposed };
}

let knowsGrants = true;

/** A gateway of before there were grants is asked once. */
async function loadProposed(): Promise<readonly GrantView[]> {
  if (!knowsGrants) return [];
  try {
    const path = `/v1/grants?status=proposed&limit=${mostListed}`;
    return (await get<Page<GrantView>>(path)).data;
  } catch (error) {
    if (problemOf(error).status !== 404) throw error;
    knowsGrants = false;
    return [];
  }
}

export function useWaiting(): Waiting {
  const { data, refresh } = usePolled('waiting', load);
  useNews(data);
  return { things: data, refresh };
}

/** Says what is newly wanted, to those who listen. */
function useNews(things: WaitingThings | null): void {
  const seen = useRef<ReadonlySet<string> | null>(null);
  useEffect(() => {
    if (things === null) return;
    const before = seen.current;
    const wanted = [
      ...things.parked.map(({ key, title }) => ({ id: key as string, title })),
      ...things.pending.map(({ id, title }) => ({ id: id as string, title })),
    ];
    seen.current = new Set(wanted.map(({ id }) => id));
    const fresh = wanted.filter(({ id }) => before?.has(id) !== true);
    const [only] = fresh;
    if (only === undefined) return;
    const what = fresh.length === 1 ? `: ${only.title}` : '';
    announce(`${plural(fresh.length, 'answer')} ${before === null ? '' : 'newly '}wanted${what}`);
  }, [things]);
}
