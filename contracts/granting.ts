/** The law of standing grants: which uses are taken, and when one is free again. Pure. */
import type { GrantId } from './ids.js';

/** A grant as it is counted, read under its lock. */
export interface CountedGrant {
  readonly id: GrantId;
  readonly uses: number;
  /** Uses that are taken: reserved or carried out. */
  readonly used: number;
  /** Whether it is active, not revoked and not expired, by Postgres's clock. */
  readonly isLive: boolean;
}

/** One use that is taken. `used` counts it. */
export interface TakenUse {
  readonly grantId: GrantId;
  readonly used: number;
  readonly uses: number;
}

/**
 * Gives each call the first of its grants that has a use left, in the order of the calls, or null.
 * No grant is ever used more often than it says.
 */
export function takeUses(
  wishes: readonly (readonly GrantId[])[],
  grants: readonly CountedGrant[],
): readonly (TakenUse | null)[] {
  const left = new Map(grants.filter(({ isLive }) => isLive).map((grant) => [grant.id, grant]));
  return wishes.map((wish) => {
    const grant = wish
      .map((id) => left.get(id))
      .find((each) => each !== undefined && each.used < each.uses);
    if (grant === undefined) return null;
    const used = grant.used + 1;
    left.set(grant.id, { ...grant, used });
    return { grantId: grant.id, used, uses: grant.uses };
  });
}
