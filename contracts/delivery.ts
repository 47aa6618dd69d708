/** A delivery to Temporal as operators see it. */
import type { RunId } from './ids.js';

export type DeliveryState = 'pending' | 'done' | 'dead';

export interface DeliveryView {
  readonly id: number;
  readonly runId: RunId;
  /** `start`, `cancel`, or the signal's name. */
  readonly kind: string;
  readonly state: DeliveryState;
  /** How often Temporal took it. */
  readonly deliveries: number;
  /** How often Temporal definitely refused it. */
  readonly refusals: number;
  /** Why it was refused or could not be sent the last time. */
  readonly lastCode: string | null;
  readonly createdAt: string;
}
