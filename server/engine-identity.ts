/** Which engine this is: the id of its namespace, which another server, or a wiped one, does not have. */
import { engineIdOf, type Engine } from './engine-look.js';

/** A server may be replaced behind its address: its id is believed for this long. */
const believedMs = 5_000;

export interface EngineIdentity {
  /** Throws what Temporal's client throws when it can't be asked. */
  read(): Promise<string>;
}

/** Asks for the id, and remembers it for a few seconds. */
export function createEngineIdentity(engine: Engine): EngineIdentity {
  let known: { readonly id: string; readonly until: number } | null = null;
  return {
    read: async () => {
      if (known !== null && performance.now() < known.until) return known.id;
      const id = await engineIdOf(engine);
      known = { id, until: performance.now() + believedMs };
      return id;
    },
  };
}
