/** What several answers have in common. */
import type { GatewayResponse } from './dependencies.js';

/** Says that an answer was given before, to the same `Idempotency-Key`. */
export function markReplay(response: GatewayResponse, replayed: boolean): void {
  if (replayed) response.set('Idempotent-Replayed', 'true');
}
