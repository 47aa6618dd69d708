/** The thread of one simulation: judges what it is given, answers once, and holds no secret. */
import { parentPort, workerData } from 'node:worker_threads';
import { simulate, type SimulationRequest } from '../policy/simulate.js';
import { digestOf } from '../runtime/digest.js';

const result = simulate(workerData as SimulationRequest, digestOf);
parentPort?.postMessage(result, []);
