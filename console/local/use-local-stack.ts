/** The local stack, where the gateway runs in one: its worker, and the kills so far. */
import { useEffect, useState } from 'preact/hooks';
import type { LocalRefundsView, LocalStackView } from '../../contracts/local.js';
import { find, get, problemOf } from '../api/request.js';
import { usePolled } from '../api/use-polled.js';

const path = '/v1/local';
/** A gateway outside a local stack does not become one: it is asked once. */
let isElsewhere = false;

/** Null elsewhere than in a local stack, and until it is known. */
export function useLocalStack(): {
  readonly stack: LocalStackView | null;
  readonly refresh: () => void;
} {
  const { data, refresh } = usePolled(path, load);
  return { stack: data, refresh };
}

async function load(): Promise<LocalStackView | null> {
  if (isElsewhere) return null;
  try {
    return await get<LocalStackView>(path);
  } catch (error) {
    isElsewhere = problemOf(error).status === 404;
    return null;
  }
}

/** How many refunds payments say they made for an effect; asked again whenever `news` changes. */
export function useRefunds(effectKey: string | null, news: unknown): number | null {
  const [refunds, setRefunds] = useState<number | null>(null);
  useEffect(() => {
    if (effectKey === null) return undefined;
    let isOver = false;
    const query = `effectKey=${encodeURIComponent(effectKey)}`;
    void find<LocalRefundsView>(`${path}/refunds?${query}`).then((found) => {
      if (!isOver) setRefunds(found?.refunds ?? null);
    });
    return () => {
      isOver = true;
    };
  }, [effectKey, news]);
  return refunds;
}
