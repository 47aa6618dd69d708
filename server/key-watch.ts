/**
 * Who holds an answer open holds it by a key. A request asks for its key once; a stream may last for
 * days, so the keys of open streams are looked at again and again.
 */
import type { Keyring } from '../store/keyring.js';

/** How often: a key that was revoked streams nothing after five seconds, whatever the look takes. */
const lookMs = 2_000;

export interface KeyWatch {
  /** Calls back once when the key no longer works. The result ends the watch. */
  watch(tenantId: string, keyId: string, onDead: () => void): () => void;
  close(): void;
}

interface Watched {
  readonly tenantId: string;
  readonly keyId: string;
  readonly onDead: () => void;
}

/** Watches keys, all of them with one query for each tenant, and with none while nothing is open. */
export function createKeyWatch(keyring: Pick<Keyring, 'findDead'>): KeyWatch {
  const watched = new Set<Watched>();
  let isLooking = false;
  const look = async (): Promise<void> => {
    for (const tenantId of new Set([...watched].map((each) => each.tenantId))) {
      const own = [...watched].filter((each) => each.tenantId === tenantId);
      const dead = await keyring.findDead(tenantId, [...new Set(own.map(({ keyId }) => keyId))]);
      for (const each of own) {
        if (dead.includes(each.keyId) && watched.delete(each)) each.onDead();
      }
    }
  };
  const looking = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    // While Postgres is away there is nothing to stream either; the next look tells.
    void look()
      .catch(() => undefined)
      .finally(() => (isLooking = false));
  }, lookMs);
  return {
    watch: (tenantId, keyId, onDead) => {
      const each = { tenantId, keyId, onDead };
      watched.add(each);
      return () => void watched.delete(each);
    },
    close: () => clearInterval(looking),
  };
}
