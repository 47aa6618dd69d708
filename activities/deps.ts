/** What the activities are built from, and where they find a run. */
import type { RunId } from '../contracts/ids.js';
import { defaultTenant } from '../contracts/tenant.js';
import type { PassPoint } from '../runtime/crash-points.js';
import type { Log } from '../runtime/log.js';
import type { Verifier } from '../runtime/signing.js';
import type { Database } from '../store/database.js';
import type { DeltaWriter } from '../store/delta-writer.js';
import type { RunAddress } from '../store/run-transaction.js';
import type { ModelProvider } from './models/model.js';
import type { Tool } from './tool.js';

export interface ActivityDeps {
  readonly database: Database;
  readonly model: ModelProvider;
  readonly tools: readonly Tool[];
  readonly log: Log;
  readonly passPoint: PassPoint;
  /** Says whether a gateway that is trusted signed what the rows say of people. */
  readonly verifier: Verifier;
  /** Takes the text of turns under way; absent where nobody is to see it. */
  readonly deltas?: DeltaWriter;
}

/** Where a run is found, until there are several tenants. */
export const addressOf = (runId: RunId): RunAddress => ({ tenantId: defaultTenant, runId });
