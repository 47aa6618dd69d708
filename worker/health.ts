/** What a worker says of itself over HTTP: that it lives, and whether it asks Temporal for work. */
import { createServer } from 'node:http';
import type { Worker } from '@temporalio/worker';
import type { Log } from '../runtime/log.js';

export interface WorkerHealth {
  /** From now on this worker is what is told of. */
  watch(worker: Worker): void;
  stop(): void;
}

/**
 * Serves `/livez` (200 while the process can answer at all) and `/readyz` (200 while the worker
 * polls, else 503; both with its state). Nothing listens without a port. A port that is taken is
 * said in the log, and the worker works all the same.
 */
export function serveHealth(host: string, port: number | undefined, log: Log): WorkerHealth {
  let watched: Worker | null = null;
  const server = createServer((request, response) => {
    // Before there is a worker, Temporal is still to be reached.
    const state = watched?.getState() ?? 'CONNECTING';
    const isWell = request.url === '/livez' || (request.url === '/readyz' && state === 'RUNNING');
    response.writeHead(isWell ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status: state.toLowerCase() }));
  });
  server.on('error', () => log.warn('Health cannot be asked: WORKER_HEALTH_PORT is taken'));
  if (port !== undefined) server.listen(port, host);
  return {
    watch: (worker) => (watched = worker),
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
