/** The standing grants, and whether this gateway knows such a thing. */
import type { GrantView } from '../../contracts/grant.js';
import { get, problemOf } from '../api/request.js';
import { usePolled, type Polled } from '../api/use-polled.js';

interface Grants {
  /** Null from a gateway of before there were grants. */
  readonly grants: readonly GrantView[] | null;
}

export const grantsRoute = '/v1/grants';
const path = `${grantsRoute}?limit=200`;

/** A gateway that knows no grants is asked once. */
export const useGrants = (): Polled<Grants> =>
  usePolled(path, load, ({ grants }) => grants === null);

async function load(): Promise<Grants> {
  try {
    const { data } = await get<{ readonly data: readonly GrantView[] }>(path);
    return { grants: data };
  } catch (error) {
    if (problemOf(error).status !== 404) throw error;
    return { grants: null };
  }
}
