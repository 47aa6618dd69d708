/** One row of the outbox: said to Temporal, and what became of it written down. */
import { setMaxListeners } from 'node:events';
import type { Connection } from '@temporalio/client';
import { outboxDeliveries } from '../contracts/limits.js';
import type { PassPoint } from '../runtime/crash-points.js';
import type { Log } from '../runtime/log.js';
import type { Database } from '../store/database.js';
import {
  acknowledge,
  acknowledgeSignal,
  postpone,
  refuse,
  type OutboxRow,
} from '../store/outbox.js';
import { closeRun } from '../store/run-lifecycle.js';
import { registerSearchAttributes } from './attribute-registration.js';
import type { EngineIdentity } from './engine-identity.js';
import { temporalFailureOf, type TemporalFailure } from './temporal-errors.js';
import { sendCancel, sendSignal, sendStart, type TemporalTarget } from './temporal-messages.js';

/** One exchange with Temporal; a delivery has three at most, well within the lease of a row. */
const attemptMs = 3_000;
/** A signal that nobody took up is sent again: after a second, doubling, at most this. */
const signalAgain = { firstMs: 1_000, mostMs: 5 * 60_000 } as const;
/** While Temporal is away. */
const awayAgain = { firstMs: 250, mostMs: 5_000 } as const;
const refusedAgainMs = 5_000;
/** How long a namespace without our search attributes is taken at its word. */
const withoutAttributesMs = 60_000;

export interface DeliveryOptions extends TemporalTarget {
  readonly database: Database;
  readonly connection: Connection;
  readonly log: Log;
  readonly passPoint: PassPoint;
  readonly identity: EngineIdentity;
  /** The gateway stops: an attempt is broken off, and made again later under the same ids. */
  readonly stopping: AbortSignal;
}

/** Makes the function that delivers one claimed row. */
export function createDelivery(options: DeliveryOptions): (row: OutboxRow) => Promise<void> {
  const { database, connection, identity, log } = options;
  setMaxListeners(2 * outboxDeliveries, options.stopping);
  let awaySince: number | null = null;
  let withoutAttributesUntil = 0;

  const attempt = async (row: OutboxRow, withAttributes: boolean) => {
    try {
      await bounded(options, async () => {
        await send(options, row, withAttributes);
        if (row.kind === 'start') await identity.read();
      });
      return null;
    } catch (error) {
      return temporalFailureOf(error);
    }
  };
  /** A namespace of the user's own may lack our search attributes: the start must work anyway. */
  const attemptTwice = async (row: OutboxRow): Promise<TemporalFailure | null> => {
    const withAttributes = row.kind === 'start' && Date.now() > withoutAttributesUntil;
    const failure = await attempt(row, withAttributes);
    if (failure?.kind !== 'invalid' || !withAttributes) return failure;
    if (Date.now() > withoutAttributesUntil) {
      withoutAttributesUntil = Date.now() + withoutAttributesMs;
      await bounded(options, () => registerSearchAttributes(connection, options.namespace, log));
    }
    return attempt(row, false);
  };

  return async (row) => {
    const failure = await attemptTwice(row);
    const about = { runId: row.runId, outboxId: String(row.id) };
    if (failure?.kind !== 'unavailable') awaySince = null;
    if (failure === null || (failure.kind === 'already-there' && !isSignal(row))) {
      options.passPoint(`${row.kind}-delivered`);
      log.debug('Delivered to Temporal', { ...about, code: row.kind });
      if (row.kind === 'start') return acknowledge(database, row, await identity.read());
      if (row.kind === 'cancel') return acknowledge(database, row);
      return acknowledgeSignal(database, row, signalAgainMs(row.deliveries));
    }
    if (failure.kind === 'unavailable') {
      awaySince ??= performance.now();
      log.debug('Temporal can not be reached', { ...about, code: failure.code });
      // As long again as it has been away: many rows fail at once, and one blip is soon over.
      const awayMs = performance.now() - awaySince;
      const againMs = Math.min(awayAgain.mostMs, Math.max(awayAgain.firstMs, awayMs));
      return postpone(database, row, 'temporal-unavailable', againMs);
    }
    if (failure.kind === 'no-workflow' && row.kind === 'cancel') {
      // A person wants it ended, and there is nobody else who could.
      await closeRun(database, row, { status: 'cancelled', code: null });
      return;
    }
    // A workflow that is gone: `closeRun` has ended the delivery already where the run is over.
    const code = failure.kind === 'refused' ? failure.code : failure.kind;
    log.warn('Temporal refuses a delivery', { ...about, code });
    return refuse(database, row, code, refusedAgainMs);
  };
}

async function send(target: TemporalTarget, row: OutboxRow, withAttributes: boolean) {
  if (row.kind === 'start') return sendStart(target, row, withAttributes);
  return row.kind === 'cancel' ? sendCancel(target, row) : sendSignal(target, row);
}

/** Runs calls to Temporal that end by their deadline, or when the gateway stops. */
async function bounded(
  { connection, stopping }: DeliveryOptions,
  work: () => Promise<void>,
): Promise<void> {
  // The client never takes its listeners off a signal, so each attempt gets a signal of its own.
  const ending = new AbortController();
  const end = (): void => ending.abort();
  stopping.addEventListener('abort', end);
  try {
    await connection.withAbortSignal(ending.signal, () =>
      connection.withDeadline(Date.now() + attemptMs, work),
    );
  } finally {
    stopping.removeEventListener('abort', end);
  }
}

const isSignal = ({ kind }: OutboxRow): boolean => kind !== 'start' && kind !== 'cancel';

const signalAgainMs = (deliveries: number): number =>
  Math.min(signalAgain.mostMs, signalAgain.firstMs * 2 ** Math.min(deliveries, 20));
