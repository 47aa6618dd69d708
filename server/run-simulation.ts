/** Simulations in threads of their own: a condition that takes for ever ends with its thread. */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { simulationsAtOnce } from '../contracts/limits.js';
import { simulateWithinMs } from '../contracts/retry-policies.js';
import type { SimulationRequest, SimulationResult } from '../policy/simulate.js';
import { BelayError } from '../runtime/belay-error.js';
import { projectRoot } from '../runtime/project-root.js';

const thread = path.join(projectRoot, 'dist', 'server', 'simulation-thread.js');
const underWay = new Set<Worker>();

/**
 * Simulates without holding up the gateway. Throws `simulation-too-long` when it takes more time or
 * memory than a simulation has, and `simulations-busy` when too many run.
 */
export async function runSimulation(
  request: SimulationRequest,
  withinMs: number = simulateWithinMs,
): Promise<SimulationResult> {
  if (underWay.size >= simulationsAtOnce.count) {
    throw new BelayError('simulations-busy', { retryAfterSeconds: 1 });
  }
  const worker = new Worker(thread, {
    workerData: request,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: simulationsAtOnce.heapMib },
  });
  underWay.add(worker);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<SimulationResult>((resolve, reject) => {
      const tooLong = (): void => reject(new BelayError('simulation-too-long'));
      timer = setTimeout(tooLong, withinMs);
      worker.once('message', resolve);
      worker.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLong() : reject(error),
      );
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
    underWay.delete(worker);
  }
}
