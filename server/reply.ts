/** What several answers have in common. */
import type { Answered } from '../store/answer-once.js';
import type { GatewayResponse } from './dependencies.js';

/** Says that an answer was given before, to the same `Idempotency-Key`. */
export function markReplay(response: GatewayResponse, replayed: boolean): void {
  if (replayed) response.set('Idempotent-Replayed', 'true');
}

/** Sends the answer to a change that belongs to no run: the first one, however often it is asked. */
export function sendAnswered(
  response: GatewayResponse,
  { answer: { status, body }, made }: Answered<unknown>,
): void {
  markReplay(response, made === null);
  response.status(status).type('json').send(body);
}
