/** Delivers the outbox: woken after every change and each second, oldest first, a few at a time. */
import { outboxDeliveries } from '../contracts/limits.js';
import type { PassPoint } from '../runtime/crash-points.js';
import { errorFields, type Log } from '../runtime/log.js';
import type { Database } from '../store/database.js';
import { claimOutbox, type OutboxRow } from '../store/outbox.js';

/** How often due rows are looked for without being told; a quarter more or less, so that gateways differ. */
const sweepMs = 1_000;

export interface Deliverer {
  /** Says that something may have been put into the outbox. */
  wake(): void;
  /** Stops claiming and waits for what is under way. */
  stop(): Promise<void>;
}

export interface DelivererOptions {
  readonly database: Database;
  readonly log: Log;
  readonly passPoint: PassPoint;
  /** Delivers one claimed row and writes what became of it, well within the lease. */
  readonly deliver: (row: OutboxRow) => Promise<void>;
}

/** Starts delivering. Rows of a gateway that dies are taken over when their lease ends. */
export function startDeliverer(options: DelivererOptions): Deliverer {
  const { database, log, passPoint, deliver } = options;
  const underWay = new Set<Promise<void>>();
  let claiming: Promise<void> | null = null;
  let isWoken = false;
  let isStopped = false;

  const begin = (row: OutboxRow): void => {
    const delivery = deliver(row)
      .catch((error: unknown) => {
        // The lease ends by itself, and the row is claimed again.
        log.warn('A delivery could not be recorded', { ...errorFields(error), runId: row.runId });
      })
      .finally(() => {
        underWay.delete(delivery);
        // There is room now, and a start lets the signals of its run go.
        wake();
      });
    underWay.add(delivery);
  };
  const claim = async (): Promise<void> => {
    for (;;) {
      if (!isWoken || isStopped) return;
      isWoken = false;
      const room = outboxDeliveries - underWay.size;
      if (room <= 0) return;
      const rows = await claimOutbox(database, room);
      if (rows.length > 0) passPoint('outbox-claimed');
      for (const row of rows) begin(row);
    }
  };
  const wake = (): void => {
    isWoken = true;
    if (isStopped || claiming !== null) return;
    claiming = claim()
      .catch((error: unknown) => log.debug('The outbox could not be read', errorFields(error)))
      .finally(() => {
        claiming = null;
      });
  };
  let timer: NodeJS.Timeout;
  const sweep = (): void => {
    wake();
    timer = setTimeout(sweep, sweepMs * (0.75 + Math.random() / 2));
  };
  sweep();
  return {
    wake,
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await claiming;
      await Promise.all(underWay);
    },
  };
}
