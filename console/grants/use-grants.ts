/** The standing grants, and whether this gateway knows such a thing. */
import type { GrantView } from '../../contracts/grant.js';
import { get } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';
import type { ProblemFields } from '../words/problems.js';

interface Grants {
  /** Null before they are known. */
  readonly grants: readonly GrantView[] | null;
  readonly problem: ProblemFields | null;
  /** A gateway of before there were grants. */
  readonly isUnknown: boolean;
  readonly refresh: () => void;
}

export const grantsRoute = '/v1/grants';
const path = `${grantsRoute}?limit=200`;

export function useGrants(): Grants {
  const { data, problem, refresh } = usePolled(path, () =>
    get<{ readonly data: readonly GrantView[] }>(path),
  );
  const isUnknown = problem?.status === 404;
  return {
    grants: data?.data ?? null,
    problem: isUnknown ? null : problem,
    isUnknown,
    refresh,
  };
}
