/** Ports for programs that a test starts, and starts again on the same one. */
import { randomInt } from 'node:crypto';
import { choosePort } from '../../dev/ports.js';

/** Below the ranges from which systems give ports by themselves; a block for each of jest's workers. */
const firstPort = 10_000;
const portsPerWorker = 1_000;
const workers = 20;

const block = firstPort + (Number(process.env['JEST_WORKER_ID'] ?? 0) % workers) * portsPerWorker;
const given = new Set<number>();

/**
 * A port that is free, that was given to nobody else in this run and that no outgoing connection and
 * no server on "any port" gets: what is asked there is answered by the program that it was taken for.
 */
export async function ownPort(): Promise<number> {
  const port = await choosePort(block + randomInt(portsPerWorker - 200), given);
  // Somebody else looked at the same moment.
  if (given.has(port)) return ownPort();
  given.add(port);
  return port;
}
