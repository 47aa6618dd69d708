/** The addresses of the console, each written and read in this one place. Pure. */
import { isFinal, runStatuses, type RunStatus } from '../../contracts/run.js';

export interface RunsQuery {
  readonly status: RunStatus | null;
  readonly agent: string | null;
  readonly cursor: string | null;
}

export type Route =
  | { readonly view: 'home' }
  | ({ readonly view: 'runs' } & RunsQuery)
  | { readonly view: 'run'; readonly id: string }
  | { readonly view: 'approval'; readonly id: string }
  | { readonly view: 'effect'; readonly id: string }
  | { readonly view: 'switches' }
  | { readonly view: 'grants' }
  | { readonly view: 'nothing' };

export const homePath = '/';
export const runPath = (id: string): string => `/runs/${encodeURIComponent(id)}`;
export const switchesPath = '/kill-switches';
export const grantsPath = '/grants';
export const effectPath = (key: string): string => `/effects/${encodeURIComponent(key)}`;
export const approvalPath = (id: string): string => `/approvals/${encodeURIComponent(id)}`;

/** The list of runs, narrowed. */
export function runsPath(query: Partial<RunsQuery> = {}): string {
  const search = searchOf(query);
  return search === '' ? '/runs' : `/runs?${search}`;
}

/** The same narrowing for `GET /v1/runs`. */
export const searchOf = ({ status, agent, cursor }: Partial<RunsQuery>): string =>
  new URLSearchParams({
    ...(status ? { status } : {}),
    ...(agent ? { agent } : {}),
    ...(cursor ? { cursor } : {}),
  }).toString();

/** Which view an address is. One that is not ours is `nothing`. */
export function routeOf(pathname: string, search: string): Route {
  const [place, id, ...rest] = pathname.split('/').slice(1).map(decoded);
  if (rest.length > 0) return { view: 'nothing' };
  if (place === '') return { view: 'home' };
  if (place === 'runs' && !id) return { view: 'runs', ...readQuery(search) };
  if (place === 'runs' && id) return { view: 'run', id };
  if (place === 'approvals' && id) return { view: 'approval', id };
  if (place === 'effects' && id) return { view: 'effect', id };
  if (place === 'kill-switches' && !id) return { view: 'switches' };
  if (place === 'grants' && !id) return { view: 'grants' };
  return { view: 'nothing' };
}

function readQuery(search: string): RunsQuery {
  const query = new URLSearchParams(search);
  const status = query.get('status');
  return {
    status: runStatuses.find((known) => known === status) ?? null,
    agent: query.get('agent') || null,
    cursor: query.get('cursor') || null,
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Open statuses first, as people look for them. */
export const statusesInOrder: readonly RunStatus[] = [
  ...runStatuses.filter((status) => !isFinal(status)),
  ...runStatuses.filter(isFinal),
];
